// Package mariadbtest gives tests a real MariaDB: a fresh, empty database for each call of New. It is for tests only;
// no part of the product imports it. It never skips a test: a test fails if it can't have the server that it needs.
//
// When REDIAL_TEST_MYSQL_URL is set, it names a server of MySQL or MariaDB on which tests may create
// databases and users. Otherwise each test binary starts a throw-away server of its own from the
// installed MariaDB and takes it down with itself, however it ends.
//
// Its files, from the top down:
//
//	mariadbtest.go  databases: a fresh one, a durable one, and one that goes away
//	server.go       servers: the throw-away one, and one that a test may kill and start again
//	lossy.go        a connection that breaks as statements are sent, or answered
//	admin.go        how a server is reached, also as its administrator
package mariadbtest
