package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
)

//go:embed assets
var assetFiles embed.FS

// asset is a file that pages use.
type asset struct {
	name    string
	body    []byte
	version string // of the content: a browser that has this one asks no more
}

var assets = func() map[string]*asset {
	all := map[string]*asset{}
	for _, name := range []string{"page.css", "page.js", "icon.svg"} {
		body, err := assetFiles.ReadFile("assets/" + name)
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(body)
		all[name] = &asset{name, body, hex.EncodeToString(sum[:6])}
	}
	return all
}()

// link is the URL of an asset, from the root of the page.
func (a *asset) link() string { return "page/" + a.name + "?v=" + a.version }
