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
		$(BIN)/python -m orchestration.warehouse.dbt; \
		echo "$$sum" > $(STAMP); \
	fi

lock: ## a new requirements.lock from pyproject.toml and requirements.in (needs a package registry)
	$(BIN)/uv pip compile --quiet pyproject.toml requirements.in --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make lock" -o requirements.lock

# Spark and Sail stand in environments of their own: what they bring fits neither ours nor each other's.
engines: venv-sail venv-spark ## the environments of Sail and of Spark, from their lock files (docs/spark.md)

venv-sail venv-spark: venv-%: install
	@sum=$$(sha256sum < deploy/spark/requirements-$*.lock); \
	if [ "$$(cat .venv-$*/.installed 2>/dev/null)" != "$$sum" ]; then \
		set -e; \
		echo "installing into .venv-$* (once, half a minute) ..."; \
		test -x .venv-$*/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-$*; \
		$(BIN)/uv pip sync --quiet --python .venv-$*/bin/python --require-hashes --compile-bytecode deploy/spark/requirements-$*.lock; \
		echo "$$sum" > .venv-$*/.installed; \
	fi

lock-engines: ## new lock files of both (needs a package registry)
	@for engine in sail spark; do \
		$(BIN)/uv pip compile --quiet deploy/spark/requirements-$$engine.in --python-version 3.11 --generate-hashes --no-emit-index-url \
			--custom-compile-command "make lock-engines" -o deploy/spark/requirements-$$engine.lock; \
	done

parity: venv-sail ## every table and indicator on Sail's local cluster equals DuckDB's (a minute or two)
	@$(BIN)/python -m pytest tests/spark -m "not long"

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

test-all: install venv-sail venv-spark ## the long ones too
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

sbom: install ## the bill of materials of what is installed, build/sbom.json (CycloneDX)
	@mkdir -p build
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --of JSON -o build/sbom.json $(BIN)/python

audit: sbom ## licences of what is installed, and known faults of every lock file (asks the advisory service; STRICT=1)
	@$(BIN)/python -m tests.supply.audit build/sbom.json $(if $(STRICT),--strict)

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

bench: install ## speed beside the floor, into build/bench.json (at most 25 minutes); PARTS="day noop" for some only
	@$(BIN)/python -m tests.floor.bench $(if $(PARTS),--parts $(PARTS))

bench-scale: install ## ten years, other engines, growth, into build/bench-scale.json (hours, resumable); PARTS="ten peers growth national", SCALE=1, HOURS=4
	@$(BIN)/python -m tests.scale.bench $(if $(PARTS),--parts $(PARTS)) --scale $(or $(SCALE),1) --hours $(or $(HOURS),4)

bench-tables: install ## the README's table and docs/speed.md, from what both measured
	@$(BIN)/python -m tests.floor.pages

dashboard-bench: install ## p95 of the dashboard's queries, on the force-year of make bench or DATABASE=.../occ.duckdb
	@$(BIN)/python -m tests.floor.dashboards $(DATABASE)

readers: install ## readers beside publishes: READERS=16, PUBLISHES=200; failed and torn results, p95
	@$(BIN)/python -m tests.readers.beside --readers $(or $(READERS),16) --publishes $(or $(PUBLISHES),200)

superset: install ## Apache Superset with the dashboard, on http://127.0.0.1:8088; DATABASE=.../occ.duckdb, PICTURE=file.png
	@$(BIN)/python deploy/superset/recipe.py $(if $(DATABASE),--database $(DATABASE)) $(if $(PICTURE),--picture $(PICTURE))

superset-lock: install ## a new deploy/superset/requirements.lock (needs a package registry)
	@$(BIN)/uv pip compile --quiet deploy/superset/requirements.in --python-version 3.11 --generate-hashes \
		--no-emit-index-url --custom-compile-command "make superset-lock" -o deploy/superset/requirements.lock

clean: ## remove what was built (not the virtual environment, not the key)
	rm -rf build

.PHONY: help install lock engines venv-sail venv-spark lock-engines parity run test test-all fuzz pilot-worlds forecast-worlds disclosure-attack orders sbom audit lint dev docs screenshots bench bench-scale bench-tables dashboard-bench readers superset superset-lock clean torture mutate
