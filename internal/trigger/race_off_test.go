//go:build !race

package trigger

const raceFold = 1
