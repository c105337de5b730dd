package app

import (
	"crypto/rand"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/store"
	"redial/internal/trigger"
)

// neighbors is what this node and the others that share its database know of each other: which file of triggers each
// of them has in force.
type neighbors struct {
	self    store.Node
	changed chan struct{} // receives when this node has another file

	misread   atomic.Bool  // the file was wrong when it was last read
	differing atomic.Int64 // nodes that have another file than this one
	since     time.Time    // when the first of them was seen; zero: there is none
	warned    bool
}

// meet begins with the file that this node has, nil for none.
func (n *neighbors) meet(f *trigger.File, metrics prometheus.Registerer) {
	machine, _ := os.Hostname() // a node without a name is known by its id
	n.self = store.Node{ID: rand.Text(), Machine: machine, FileHash: hashOf(f)}
	n.changed = make(chan struct{}, 1)
	gauge := func(name, help string, of func() float64) {
		promauto.With(metrics).NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, of)
	}
	gauge("redial_config_wrong", "1 if REDIAL_CONFIG was wrong when it was last read, and the file before is in force.",
		func() float64 { return map[bool]float64{true: 1}[n.misread.Load()] })
	gauge("redial_config_differing_nodes", "Nodes of this database that have read another REDIAL_CONFIG than this one.",
		func() float64 { return float64(n.differing.Load()) })
}
