package main

import "time"

func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }
