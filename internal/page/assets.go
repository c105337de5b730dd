package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"time"
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

// Asset serves a file that pages use. It says nothing about calls: anybody may have it.
func (s *Server) Asset() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := assets[r.PathValue("file")]
		if a == nil {
			http.NotFound(w, r)
			return
		}
		secure(w.Header())
		if r.URL.Query().Get("v") == a.version {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.body))
	})
}
