//go:build race

package trigger

// raceFold is how many times more memory may be allocated under the race detector, which makes every sync.Pool drop
// things at random.
const raceFold = 10
