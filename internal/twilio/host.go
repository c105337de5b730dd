package twilio

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

const maxHost = 2000 // bytes; with the rest, Twilio takes 4000

// PublicURL reads the public base URL of this server, and returns it in the form that Twilio gets:
// with its host in ASCII and no slash at the end. Its errors say why Twilio could never reach the URL,
// and don't quote it, since it may hold a password. A private host is no error: Twilio may be a simulator.
func PublicURL(text string) (string, error) {
	u, err := baseURL(strings.TrimSpace(text))
	if err != nil {
		return "", err
	}
	host, err := publicHost(u.Hostname())
	switch port := u.Port(); {
	case err != nil:
		return "", err
	case port != "":
		u.Host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		u.Host = "[" + host + "]"
	default:
		u.Host = host
	}
	odd := func(segment string) bool { return segment == "" || segment == "." || segment == ".." }
	if u.Path != "" && slices.ContainsFunc(strings.Split(u.Path[1:], "/"), odd) {
		return "", errors.New("must not have an empty part, a . or a .. in its path")
	}
	if len(u.String()) > maxHost {
		return "", fmt.Errorf("must not be longer than %d bytes", maxHost)
	}
	return u.String(), nil
}

// names knows which hosts there can be: of letters, digits, hyphens and dots, in any alphabet.
var names = idna.New(
	idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true),
	idna.VerifyDNSLength(true), idna.CheckHyphens(false),
)

// publicHost is a host in ASCII.
func publicHost(host string) (string, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return publicAddress(a)
	}
	ascii, err := names.ToASCII(strings.TrimSuffix(host, "."))
	if err != nil || !utf8.ValidString(host) {
		return "", errors.New("has a host that no server can have: there may be letters, digits, hyphens and dots, " +
			"and up to 63 characters between two dots")
	}
	last := ascii[strings.LastIndex(ascii, ".")+1:]
	if _, err := strconv.ParseUint(last, 0, 64); err == nil || strings.Trim(last, "0123456789") == "" {
		return "", errors.New("has a number for a host, and it is no IPv4 address")
	}
	return ascii, nil
}

// publicAddress returns an address at which Twilio could reach a server.
func publicAddress(a netip.Addr) (string, error) {
	switch plain := a.Unmap(); {
	case a.Zone() != "":
		return "", errors.New("must not have a zone in its address: that is of this machine alone")
	case plain.IsUnspecified() || plain.Is4() && plain.As4()[0] == 0:
		return "", errors.New("must name the address that Twilio reaches, not the one to listen on")
	case plain.IsMulticast() || plain.Is4() && plain.As4()[0] >= 240:
		return "", errors.New("must name the address of a server")
	}
	return a.String(), nil
}

// baseURL reads an absolute http or https URL to which paths can be appended.
// Its errors don't quote it: it may hold a password.
func baseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, errors.New("must be an absolute http or https URL")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return nil, errors.New("must have neither a query nor a fragment")
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return nil, errors.New("must have a port from 1 to 65535")
		}
		u.Host = strings.TrimSuffix(u.Host, port) + strconv.Itoa(n)
	}
	u.Host = strings.TrimSuffix(u.Host, ":")
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}
