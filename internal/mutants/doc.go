// Mutants changes redial's code on purpose, one small change after another, and says which
// changes no test notices. It draws the changes at random, from a seed, before anybody looks
// at them: equally many from each of the packages that decide something.
//
//	go run ./internal/mutants -n 40              # the seed is the commit's hash
//	go run ./internal/mutants -n 40 -list        # only draw
//	go run ./internal/mutants -n 40 -only 17     # only number 17 of those that were drawn
//
// A change is laid over the code by the compiler's -overlay; it never touches a file. The tests
// of the changed package run first, then those of the whole program. The first test that fails
// has noticed the change, if it passes without the change.
//
// Its files, from the top down:
//
//	main.go  runs the tests with each change, and prints the table
//	draw.go  finds all changes that could be made, and draws some of them
package main
