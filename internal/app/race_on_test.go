//go:build race

package app

// raceFold is how many times as much memory may be allocated under the race detector: it makes
// every sync.Pool forget things at random.
const raceFold = 10
