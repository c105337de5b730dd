// Package pgtest gives tests a real PostgreSQL: a fresh, empty database for each call of New. It is for tests only; no
// part of the product imports it. It never skips a test: a test fails if it can't have the server that it needs.
//
// When REDIAL_TEST_DATABASE_URL is set, it names a server on which tests may create
// databases. Otherwise each test binary starts a throw-away server of its own from the
// installed PostgreSQL and takes it down with itself, however it ends.
//
// Its files, from the top down:
//
//	pgtest.go  databases: a fresh one, a durable one, and one that goes away
//	server.go  servers: the throw-away one, a pooler before it, and a primary with a standby
//	lossy.go   a connection that breaks as the server answers
package pgtest
