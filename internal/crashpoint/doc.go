// Package crashpoint names the moments at which a process is killed by the proof that nothing is lost and nothing rung
// twice (internal/chaos). In a normal build they are empty functions, which the compiler removes: nothing can reach
// them. Built with the tag chaos, the environment says at which of them to die. Contain keeps a process alive, in any
// build. It never changes what a package does that it is called from.
//
// Its files, from the top down:
//
//	points.go   the points, before and after each commit and each request
//	contain.go  a panic becomes the error of one call
//	on.go       with the tag chaos: the process dies at a point, or its clock is wrong
//	off.go      without it: nothing happens
package crashpoint
