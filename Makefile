# `make run` and `make test` do everything on a machine with Python 3.11+, Node 20.19 or 22.12+ and make.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
MODELS ?= .lore/models
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup run test check lint pytest faults format lock clean

help: ## Show these targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Make .venv, the embedding model and the built dashboard.
	@$(MAKE) --silent -j2 .make/model .make/dashboard

run: setup ## Run the whole system on http://localhost:8080.
	@exec $(BIN)/lore run

test: pytest ## Run every test.
	cd frontend && npm test --silent

check: lint pytest ## Run what CI runs: lint, types, contracts and tests.

lint: setup ## Lint, types, contracts and the dashboard's check.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd frontend && npm run --silent check

# One Ollama answers one at a time: those who measure how it answers take turns.
pytest: setup
	$(BIN)/pytest -m ollama
	$(BIN)/pytest -n auto --dist loadfile -m "not ollama"

faults: setup ## Break the running system on purpose, for an hour.
	$(BIN)/python -m tests.faults --kills 200 --boundaries 20 --postmasters 50 --questions 200 \
	  --events 10 --drops 1000 --neighbour 20

format: .make/venv ## Put the code into its form.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: .make/venv ## Choose new versions for requirements.lock.
	$(BIN)/uv pip compile pyproject.toml --extra development --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock

clean: ## Remove what setup made; the data in .lore stays.
	rm -rf .venv .make frontend/node_modules frontend/dist

.make/venv: requirements.lock pyproject.toml
	@mkdir -p .make
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing Python packages"
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.make/model: .make/venv
	@$(BIN)/python -m functions.runtime.embedder $(MODELS)
	@touch $@

.make/packages: frontend/package.json frontend/package-lock.json
	@mkdir -p .make
	@echo "Installing dashboard packages"
	@cd frontend && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

.make/dashboard: .make/packages $(shell find frontend/src frontend/public frontend/index.html -type f 2>/dev/null)
	@echo "Building the dashboard"
	@cd frontend && npm run --silent build
	@touch $@
