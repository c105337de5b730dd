package main

import "redial/api"

// server is the redial that a client command talks to.
type server struct {
	URL string `help:"The redial to talk to; default ${default}." env:"REDIAL_URL" secret:"url" default:"${defaultURL}" placeholder:"URL"`
	Key string `name:"api-key" help:"API key, where that redial needs one." env:"REDIAL_API_KEY" secret:"" placeholder:"KEY"`
}

// defaultURL is where a redial serves that is told nothing else.
const defaultURL = "http://127.0.0.1:8080"

func (s server) client() *api.Client { return &api.Client{URL: s.URL, Key: s.Key} }
