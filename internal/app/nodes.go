package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"redial/internal/seldom"
	"redial/internal/store"
)

const (
	nodePause = store.NodeAlive / 3 // between two times at which a node tells of itself
	nodeTime  = 5 * time.Second     // for telling it
)

// keepNode tells the other nodes of this one, and looks at what they tell, until ctx is over. SQLite has no others.
func (a *App) keepNode(ctx context.Context) {
	if !a.store.Shared() {
		return
	}
	failed := seldom.Failures{Log: func(last error, n int) {
		a.log.Warn("the nodes could not tell each other which files they have", "count", n, "err", last)
	}}
	defer a.forgetNode(ctx)
	for {
		if err := a.meetNodes(ctx); err != nil && ctx.Err() == nil {
			failed.Happened(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-a.neighbors.changed:
		case <-time.After(nodePause):
		}
	}
}

func (a *App) meetNodes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, nodeTime)
	defer cancel()
	self := a.neighbors.self
	self.SeenAt, self.FileHash = a.store.Now(), hashOf(a.triggers.File())
	if err := a.store.TellNode(ctx, self); err != nil {
		return err
	}
	all, err := a.store.Nodes(ctx)
	if err != nil {
		return err
	}
	a.compare(all, self.FileHash)
	return nil
}

// compare warns of nodes that have had another file than this one for a while: while one node after another reads a
// new file, they differ.
func (a *App) compare(all []store.Node, hash string) {
	n := &a.neighbors
	var others []string
	for _, node := range all {
		if node.FileHash != hash {
			others = append(others, fmt.Sprintf("%s has %s", node.Machine, fileName(node.FileHash)))
		}
	}
	n.differing.Store(int64(len(others)))
	switch {
	case len(others) == 0 && n.warned:
		a.log.Info("all nodes have the same REDIAL_CONFIG again", "hash", shortHash(hash))
		n.since, n.warned = time.Time{}, false
	case len(others) == 0:
		n.since = time.Time{}
	case n.since.IsZero():
		n.since = time.Now()
	case !n.warned && time.Since(n.since) >= nodePause-time.Second:
		a.log.Warn("other nodes have read another REDIAL_CONFIG than this one: "+sameFile,
			"this", fileName(hash), "others", strings.Join(others, ", "))
		n.warned = true
	}
}

// forgetNode tells the others that this node stops.
func (a *App) forgetNode(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), nodeTime)
	defer cancel()
	if err := a.store.ForgetNode(ctx, a.neighbors.self.ID); err != nil {
		a.log.Debug("other nodes were not told that this one stops", "err", err)
	}
}
