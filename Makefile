# Every command a newcomer needs; `make help` lists them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

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

.PHONY: help install lock
