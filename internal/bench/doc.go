// Package bench measures redial as whole processes over loopback HTTP, beside
// floors that are measured in the same run: plain net/http servers that do the same
// exchanges and keep nothing. It has nothing but tests: make bench runs them, and
// prints the table that docs/benchmarks.md keeps. scripts/benchpair measures two binaries in
// turns, and says where the new one is worse. Processes have no fake clock: the sleeps
// here are pauses between two looks at whether something has happened.
package bench
