# What to do with this repository. `make` alone prints the list.
# build, demo and the rest need nothing but Go; what tests and measures needs what
# deps-test installs.

# The tools that check, each at one version. They are no part of go.mod: what we ship
# does not depend on what we check it with.
GOLANGCI    := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0

FUZZTIME ?= 10s
COUNT    ?= 6
SEED     ?= 1
OLD      ?= main
NEW      ?= HEAD
GO       ?= go
BIN      ?= bin/redial

# Of the same Go as everything else; not every installation has it in PATH.
GOFMT = $(shell $(GO) env GOROOT)/bin/gofmt

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help build test check chaos bench benchpair microbench mutants fuzz demo picture cover deps-test clean fmt \
	check-format check-vet check-lint check-fix check-modules check-arrows check-vulnerabilities

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

# Static, so that the one file needs nothing beside it: no C library, whatever version.
build: ## build bin/redial
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/redial

# The race detector looks at everything but SQLite itself, which modernc.org compiles from C: each byte that it reads would
# be looked at, which is most of the time that the tests then take. No package that uses a generic type may be left out:
# the linker keeps one copy of such code for all, and what it keeps from there would tell the detector nothing.
test: deps-test ## run every test, with the race detector, on SQLite, PostgreSQL and MariaDB
	CGO_ENABLED=1 $(GO) test -race -gcflags='modernc.org/sqlite/lib=-race=false' -shuffle=on -count=1 -timeout 45m ./...

check: check-format check-vet check-lint check-fix check-modules check-arrows check-vulnerabilities ## look at the code without running it

chaos: deps-test ## prove that nothing is lost and nothing rung twice: kill, stop, lie, for twenty minutes (SEED=1)
	$(GO) test -count=1 -v -timeout 60m -parallel 4 ./internal/chaos -args \
		-chaos.seed=$(SEED) -chaos.calls=1000 -chaos.kills=60 -chaos.points=3 -chaos.stops=20

bench: deps-test ## measure redial beside floors of the same run, and print the table (ten minutes or so)
	$(GO) test -count=1 -v -timeout 30m ./internal/bench -args -bench.full

benchpair: deps-test ## measure two redials in turns, and say where NEW is worse (OLD=main NEW=HEAD)
	scripts/benchpair $(OLD) $(NEW)

microbench: deps-test ## run the benchmarks of single parts, for benchstat
	$(GO) test -run '^$$' -bench . -benchmem -count=$(COUNT) ./...

mutants: deps-test ## change the code on purpose, 40 times by lot, and say which changes no test notices (an hour)
	$(GO) run ./internal/mutants -n 40

fuzz: ## run each fuzz target for a while (FUZZTIME=10s)
	GO=$(GO) scripts/fuzz $(FUZZTIME)

demo: ## watch eight calls, with phones that exist only here
	$(GO) run ./cmd/redial demo

picture: ## make docs/demo.svg, the README's picture of the demo, from a run of it in tmux
	GO=$(GO) scripts/picture

cover: deps-test ## write coverage.out and print the coverage of each function
	$(GO) test -count=1 -coverpkg=./... -coverprofile=coverage.out ./...
	$(GO) tool cover -func=coverage.out

deps-test: ## install what the tests need: PostgreSQL, MariaDB, shells, systemd, promtool, Alertmanager, Chromium, a C compiler
	@GO=$(GO) scripts/install-test-deps

fmt: ## format the code and bring it up to the current Go
	$(GO) fix ./...
	$(GOFMT) -l -w .

clean: ## remove what was built (never a database)
	rm -rf bin coverage.out

check-format:
	@echo 'gofmt -l .'
	@out=$$($(GOFMT) -l .) || exit 1; [ -z "$$out" ] || { echo "$$out"; echo 'These files are not formatted: run make fmt.'; exit 1; }

check-vet:
	$(GO) vet ./...
	$(GO) vet -tags chaos ./internal/crashpoint

check-lint:
	$(GO) run $(GOLANGCI) run ./...
	$(GO) run $(GOLANGCI) run --build-tags chaos ./internal/crashpoint

check-fix:
	$(GO) fix -diff ./...

check-modules:
	$(GO) mod tidy -diff
	$(GO) mod verify

check-arrows:
	$(GO) test -count=1 ./internal/

check-vulnerabilities:
	GO=$(GO) scripts/vulncheck $(GOVULNCHECK)
