//go:build !race

package app

const raceFold = 1
