# Every command a newcomer needs; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# SQL is linted as it runs, after the templates: what a template stands for is not known before.
COMPILED := build/warehouse/build/dbt/compiled/control_room/models

export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk -F ':.*?## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# The stamp holds the lock file's digest: a second call installs nothing, a changed lock installs again.
install: ## the virtual environment, from the lock file with hashes
	@sum=$$(cat requirements.lock pyproject.toml | sha256sum); \
	if [ "$$(cat $(STAMP) 2>/dev/null)" != "$$sum" ]; then \
		set -e; \
		echo "installing into $(VENV) (once, a minute or two) ..."; \
		test -x $(BIN)/python || $(PYTHON) -m venv $(VENV); \
		grep -A40 '^uv==' requirements.lock | awk 'NR>1 && /^[a-z]/ {exit} {print}' > $(VENV)/uv.lock.txt; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock.txt; \
		$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock; \
		$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .; \
		echo "$$sum" > $(STAMP); \
	fi

lock: ## a new requirements.lock from pyproject.toml and requirements.in (needs a package registry)
	$(BIN)/uv pip compile --quiet pyproject.toml requirements.in --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

# The sample is written whole into a folder beside, then moved: a killed call leaves no half of it behind.
build/landing: | install
	@mkdir -p build
	@rm -rf build/sample.writing
	@echo "making sample exports ..." && $(BIN)/occ sample build/sample.writing > /dev/null
	@rm -rf build/truth && rm -rf build/truth && mv build/sample.writing/truth build/truth && mv build/sample.writing/landing build/landing && rmdir build/sample.writing

run: install build/landing ## install, make sample exports, run the whole pipeline, say where things are
	@$(BIN)/occ run

test: install ## every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not long"

test-all: install ## the long ones too
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

torture: install ## kills runs: KILLS=500, SEED=1, RESUME=1; prints a line of figures (hours)
	@KILLS=$(or $(KILLS),500) SEED=$(or $(SEED),1) RESUME=$(RESUME) $(BIN)/python -m tests.torture.torture

fuzz: install ## spoiled files of every fault class over every export, each accounted for; prints a table
	@$(BIN)/python -m tests.fuzz.fuzz

mutate: install ## planted data faults, mutated models, false alarms: what is caught and what not (WORKERS=2, SEED=1, PARTS="data sql clean"; resumable)
	@WORKERS=$(or $(WORKERS),1) SEED=$(or $(SEED),1) $(BIN)/python -m tests.mutate.mutate $(PARTS)

pilot-worlds: install ## simulated pilots of known effect: bias and coverage; WORLDS=1000 (ten minutes); prints a table
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.analysis.worlds --worlds $(or $(WORLDS),1000)

forecast-worlds: install ## simulated figures whose future is known: how often intervals hold it; WORLDS=80 (of each kind, five minutes)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.analysis.futures --worlds $(or $(WORLDS),80)

disclosure-attack: install ## tries to work out what random public tables hide; TABLES=1000 (a quarter of an hour)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.disclosure.attack --tables $(or $(TABLES),1000)

lint: install ## style, types, SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@test -d $(COMPILED) || $(MAKE) --no-print-directory run
	@$(BIN)/sqlfluff lint $(COMPILED) --disable-progress-bar

dev: install ## Dagster's UI with the asset graph, on http://127.0.0.1:3000
	@$(BIN)/occ dagster dev

docs: install build/landing ## questions with answers, indicator dictionary, models: build/docs/index.html
	@$(BIN)/python -m orchestration.docs build/docs

screenshots: run ## docs/quality-report.png and docs/briefing-*.png, of what `make run` made
	@$(BIN)/python -m tests.browser.screenshots build/warehouse/reports/current

orders: install ## whole runs over random orders of delivery: orders tried, hashes that differ (200 orders, hours)
	@$(BIN)/python -m tests.orders.orders

bench: install ## speed beside the floor, into build/bench.json (at most 25 minutes)
	@$(BIN)/python -m tests.floor.bench

clean: ## remove what was built (not the virtual environment, not the key)
	rm -rf build

.PHONY: help install lock run test test-all fuzz pilot-worlds forecast-worlds disclosure-attack orders lint dev docs screenshots bench clean torture mutate
