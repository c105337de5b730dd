package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"syscall"

	"redial/internal/webhook"
)

// trouble says why there was no answer, and what can be done about it.
type trouble struct{ says, fix string }

const timedOut = "there is no answer in time"

// errnos put the system's errors into plain words.
var errnos = map[syscall.Errno]trouble{
	syscall.ECONNREFUSED:  {"nothing listens there", "start what is to listen there, or mend the host and the port"},
	syscall.EHOSTUNREACH:  {"there is no way there", "look at this machine's network, and at firewalls"},
	syscall.ENETUNREACH:   {"there is no way there", "look at this machine's network, and at firewalls"},
	syscall.ECONNRESET:    {"the connection was cut", "look at what listens there, and at firewalls"},
	syscall.EADDRNOTAVAIL: {"the address is not this machine's", "name an address of this machine, or 0.0.0.0 for all"},
	syscall.EACCES:        {"this user may not use that port", "name a port above 1023, and put a proxy in front"},
}

// troubleOf explains an error of the network.
func troubleOf(err error) trouble {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return trouble{"DNS knows no host " + dns.Name, "mend the name, or enter it into DNS"}
		}
		return trouble{"the name server does not say where " + dns.Name + " is", "look at this machine's DNS"}
	}
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		if t, known := errnos[n]; known {
			return t
		}
		return trouble{n.Error(), "look at this machine's network"}
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return trouble{"what listens there speaks no TLS", "write http://, or have it speak TLS"}
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "remote error" { // of an alert, by crypto/tls
		return trouble{"what listens there turned TLS down",
			"look at its TLS: which versions it speaks, and whether it knows that very name"}
	}
	if why := webhook.Distrust(err); why != "" {
		return trouble{why, "give it a certificate of a known authority, for that very name, that has not expired"}
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return trouble{timedOut, "look at what listens there, and at firewalls on the way"}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return trouble{"the connection was closed without an answer", "look at what listens there"}
	}
	return trouble{"what came back can't be read as HTTP", "look at what listens there"}
}

func reasonOf(err error) string { return troubleOf(err).says }

// bare is a URL without the parts that may be secret.
func bare(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return "another page of its own"
	}
	return u.Scheme + "://" + u.Host
}
