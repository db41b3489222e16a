# Every task of the project. `make help` lists the verbs; CI calls them and nothing else.

PYTHON ?= python3
NPM ?= npm
WORKERS ?= 2
UV ?= uv
NODE := $(shell sed -n 's/.*"node": ">=\(.*\)".*/\1/p' ui/package.json)

BIN := .venv/bin
ENVIRONMENT := .venv/.stamp
UI_PACKAGES := ui/node_modules/.stamp
KAFKA := tests/kafka/jars/.stamp
MVN ?= mvn
C_SOURCES := $(wildcard src/clew/sdk/*.c src/clew/wire/*.c)
COMPILED := $(foreach source,$(C_SOURCES),$(dir $(source))_$(basename $(notdir $(source))).so)
UI_BUILT := src/clew/api/static/index.html
UI_SOURCES := $(shell find ui -name node_modules -prune -o -name test-results -prune -o -type f -print 2>/dev/null)

CHECK_NODE = const [a, b] = process.versions.node.split(".").map(Number), [x, y] = "$(NODE)".split(".").map(Number); \
	if (a < x || (a === x && b < y)) { console.error(`The web application is built with Node $(NODE) or newer, and this is $${process.versions.node}: see https://nodejs.org/en/download`); process.exit(1) }

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup ui run test lint fuzz bench soak bench-huge bench-query agent-outage browser clients kafka lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(ENVIRONMENT) $(COMPILED)  ## the Python environment in .venv, exactly as locked

ui: $(UI_BUILT)  ## build the web application into src/clew/api/static

run: ui setup  ## everything, with the demo shop: http://localhost:16686
	@echo 'Starting Clew and the demo shop. Ctrl-C stops both; in another terminal, the command is $(BIN)/clew.'
	$(BIN)/clew up --demo

lint: setup $(UI_PACKAGES)  ## style, layers and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy
	cd ui && $(NPM) run lint

test: lint ui browser clients kafka  ## lint, then every test
	cd ui && $(NPM) test
	$(BIN)/pytest -n $(WORKERS)

fuzz: setup  ## bytes that a fuzzer makes up for every decoder, 5 minutes each (or FUZZ='--seconds 60 otlp_traces')
	$(BIN)/python -m tests.fuzz.run $(FUZZ)

bench: setup ui  ## the figures that we publish (a few minutes; ten with BENCH='--seconds 600 --runs 1')
	$(BIN)/python -m bench.ingest $(BENCH)

bench-huge: setup ui  ## one trace of a million spans: load it, open it, check windows
	$(BIN)/python -m bench.huge_trace

soak: setup ui  ## half load for an hour (or SOAK='--minutes 20'): nothing lost, memory flat
	$(BIN)/python -m bench.soak $(SOAK)

agent-outage: setup ui  ## the gateway away for ten minutes (or AGENT='--minutes 1 --rate 20000'): nothing lost or doubled
	$(BIN)/python -m bench.agent_outage $(AGENT)

bench-query: setup ui  ## how fast questions are answered over 50 M spans, checked by brute force (10 minutes)
	$(BIN)/python -m bench.queries

# The end-to-end tests use a real browser: Debian's, or the one that CHROMIUM names.
browser:  ## find Chromium for the end-to-end tests; install it on Debian when missing
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null; then :; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y chromium fonts-dejavu-core; \
	elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then sudo apt-get update && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y chromium fonts-dejavu-core; \
	else echo "The end-to-end tests need Chromium: install it (Debian: apt install chromium) or set CHROMIUM to its path." >&2; exit 1; fi

# Programs in Python, JavaScript, Go and Java that nobody here wrote, as pinned in tests/clients: minutes the first time, nothing later.
clients: setup  ## what the tests with real clients of other projects need, into .clients
	$(BIN)/python -m tests.clients.environments

kafka: $(KAFKA)  ## Kafka's server for the tests of its door, into tests/kafka/jars (43 MB; needs Java 17 and Maven)

lock: $(ENVIRONMENT)  ## make requirements.lock again from pyproject.toml (needs uv)
	$(UV) pip compile pyproject.toml --all-extras --universal --upgrade --generate-hashes --no-header --no-annotate -q -o requirements.lock
	! grep -n '://' requirements.lock

clean:  ## remove everything that these verbs made, but no data
	rm -rf .venv .clients ui/node_modules tests/contract/js/node_modules tests/clients/node/*/node_modules tests/kafka/jars src/clew/api/static src/clew/*/*.so dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(ENVIRONMENT): requirements.lock pyproject.toml hatch_build.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Clew needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...")'
	@echo 'Installing Python packages into .venv: a minute or more without a word ...'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Without a C compiler this warns and makes nothing, which is no error.
$(COMPILED) &: $(C_SOURCES) $(wildcard src/clew/wire/*.h) hatch_build.py | $(ENVIRONMENT)
	$(BIN)/python hatch_build.py

$(KAFKA): tests/kafka/pom.xml
	@command -v java >/dev/null && command -v $(MVN) >/dev/null || { echo "The tests of the Kafka door run Kafka's own server: install Java 17 and Maven (Debian: apt install default-jre-headless maven)." >&2; exit 1; }
	@echo 'Getting Kafka ...'
	rm -rf $(@D)
	$(MVN) -q -B -f tests/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/$(@D)
	touch $@

$(UI_PACKAGES): ui/package.json ui/package-lock.json
	@command -v node >/dev/null || { echo "The web application is built with Node $(NODE) or newer, and there is no node: see https://nodejs.org/en/download" >&2; exit 1; }
	@node -e '$(CHECK_NODE)'
	@command -v $(NPM) >/dev/null || { echo "There is node, but no $(NPM): install it (Debian: apt install npm), or make NPM=/path/to/npm ..." >&2; exit 1; }
	@echo 'Installing Node packages into ui/node_modules: half a minute or more without a word ...'
	cd ui && $(NPM) ci --no-fund --no-audit
	touch $@

$(UI_BUILT): $(UI_PACKAGES) $(UI_SOURCES)
	@echo 'Building the web application ...'
	cd ui && $(NPM) run build
	touch $@
