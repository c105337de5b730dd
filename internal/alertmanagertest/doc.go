// Package alertmanagertest gives tests a real Alertmanager, alone or as a pair, and has the real amtool look at
// configurations. It is for tests only; no part of the product imports it. It never skips a test: a test fails if it
// can't have the program that it needs.
//
// Alertmanager reads the real clock. Tests give it short intervals, and wait for what it does rather than for times.
//
// Its files, from the top down:
//
//	alert.go   alerts, as Prometheus posts them
//	config.go  configurations, as amtool sees them
//	server.go  an Alertmanager that runs, and a pair of them
package alertmanagertest
