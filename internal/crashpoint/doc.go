// Package crashpoint names the moments at which internal/chaos kills a process, to prove that nothing is lost and no
// phone rings twice. In a normal build its functions are empty, and the compiler removes them. In a build with the tag
// chaos, the environment says at which moment to die. Contain keeps a process alive, in any build. The package never
// changes what its callers do.
//
// Its files, from the top down:
//
//	points.go   the points, before and after each commit and each request
//	contain.go  a panic becomes the error of one call
//	on.go       with the tag chaos: the process dies at a point, or its clock is wrong
//	off.go      without it: nothing happens
package crashpoint
