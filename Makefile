# Few verbs; each sets up what it needs.
.DEFAULT_GOAL := help
PORT ?= 8180
DATA ?= .data
ROUNDS ?= 500
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
READY := $(VENV)/.ready
OPA := .tools/bin/opa

help: ## say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 14
	@echo "  variables: PORT=$(PORT) (where to listen on 127.0.0.1), DATA=$(DATA) (ledger, decision log, keys), ROUNDS=$(ROUNDS) (of faults)"

serve: $(READY) ## set up everything and answer on 127.0.0.1:$(PORT)
	@$(RUN)/pdp serve --port $(PORT) --data $(DATA)

test: $(READY) $(OPA) lint ## set up everything and pass all tests
	@scripts/install_debian.sh strace faketime eatmydata libfuse2 postgresql nginx haproxy
	@scripts/install_log_verifiers.sh
	@scripts/install_caddy.sh
	@PYTHON=$(PYTHON) scripts/install_envoy.sh
	@scripts/install_opa_sdk.sh
	@scripts/install_witness_go.sh
	@scripts/install_paths_go.sh
	$(RUN)/python -m pytest -n 2 --dist loadgroup -q

demo: $(READY) ## client, nginx, service and data API on this machine: allowed, masked, refused, down (docs/demo.md)
	@scripts/install_debian.sh nginx
	@$(RUN)/python examples/data_api/walk.py

cases: $(READY) ## run the law's examples
	$(RUN)/pdp cases

lint: $(READY) ## check style, types and the direction of imports
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/lint-imports

fix: $(READY) ## format, and mend what can be mended mechanically
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .

bench: $(READY) $(OPA) ## measure: compile, decide, journal, and HTTP beside OPA
	$(RUN)/python benchmarks/decide.py
	$(RUN)/python benchmarks/journal.py
	$(RUN)/python benchmarks/batch.py
	@scripts/install_debian.sh wrk
	$(RUN)/python benchmarks/beside_opa.py

faults: $(READY) ## break the service in every way of docs/faults.md, ROUNDS deep, and write that table
	@scripts/install_debian.sh strace faketime eatmydata libfuse2
	@mkdir -p .tools && rm -f .tools/faults.jsonl
	PDP_FAULT_ROUNDS=$(ROUNDS) PDP_FAULT_FIGURES=$(CURDIR)/.tools/faults.jsonl $(RUN)/python -m pytest -n 2 -q tests/faults
	$(RUN)/python -m tests.faults.table .tools/faults.jsonl docs/faults.md

bench-log: $(READY) ## measure the log: sizes, verifiers, search, replay, restart, and what it costs through HTTP
	@scripts/install_log_verifiers.sh
	@scripts/install_debian.sh wrk
	$(RUN)/python benchmarks/sealed_size.py
	$(RUN)/python benchmarks/verify.py
	$(RUN)/python benchmarks/search.py
	$(RUN)/python benchmarks/replay.py
	$(RUN)/python benchmarks/restart.py
	$(RUN)/python benchmarks/log_overhead.py

bench-acts: $(READY) ## measure acts: a city's ledger, work lists, findings, and two nodes on one PostgreSQL
	@scripts/install_debian.sh postgresql
	$(RUN)/python benchmarks/scale.py
	$(RUN)/python benchmarks/lists.py
	$(RUN)/python benchmarks/findings.py
	$(RUN)/python benchmarks/fleet.py --acts 10000

bench-gateways: $(READY) ## measure what the check costs at nginx and Envoy
	@scripts/install_debian.sh wrk nginx
	@PYTHON=$(PYTHON) scripts/install_envoy.sh
	$(RUN)/python benchmarks/gateway.py

gateway-load: $(READY) ## 32 connections on each gateway for a minute, the service restarted twice: every release on record?
	@scripts/install_debian.sh nginx haproxy
	@scripts/install_caddy.sh
	@PYTHON=$(PYTHON) scripts/install_envoy.sh
	$(RUN)/python -m tests.gateways.load 60

# The lock is whole: with --no-deps nothing newer than what it names is even looked at.
$(READY): requirements.lock pyproject.toml
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index -e .
	@$(RUN)/python -m pip check --disable-pip-version-check > /dev/null
	@touch $@

$(OPA): scripts/install_opa.sh
	@scripts/install_opa.sh
	@touch $@

.PHONY: help serve demo test cases faults lint fix bench bench-log bench-acts bench-gateways gateway-load
