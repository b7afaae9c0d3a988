# Everything happens in .venv, which is made on first use; repeated calls install nothing.
# PYTHON=python3.12 make test    chooses the interpreter that .venv is made with
# make test SLOW=1               also runs the tests that take long; those that take minutes run in make bench

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
WORKERS ?= 2
SLOW ?=
TEST_OPTIONS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check static format bench docs wheel clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 12

demo: $(VENV)/installed ## Solve the flagship argument over 100,000 draws; end with its verdict and report.html
	$(BIN)/raison run kremlin-2022

test: $(VENV)/installed-test ## Run the tests (SLOW=1: all of them)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "$(if $(SLOW),,not slow and )not minutes" $(TEST_OPTIONS)

check: static ## What static does, and the examples of the docs
	$(BIN)/python -m pytest -q tests/test_docs.py

static: $(VENV)/installed-check ## Format, lint, types, direction of imports, generated files, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python src
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/generated.py --check
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

format: $(VENV)/installed-check ## Format the code, mend what the linter can, renew generated files
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/generated.py

bench: $(VENV)/installed-test ## Run the tests that take minutes; measure speed and memory against peers
	$(BIN)/python -m pytest -n $(WORKERS) -m minutes
	$(BIN)/python -m benchmarks

docs: $(VENV)/installed-check ## Build the documentation in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo site/index.html

wheel: $(VENV)/installed-check ## Build the wheel in dist/
	rm -rf dist
	$(BIN)/python -m build --wheel --outdir dist .

clean: ## Remove everything that was made
	rm -rf $(VENV) build dist site .pytest_cache .ruff_cache .hypothesis

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "raison needs Python 3.11 or later; $(PYTHON) is older or not there. Say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: pyproject.toml | $(VENV)/made
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-test: pyproject.toml | $(VENV)/made
	$(PIP) --editable '.[test,keep,peers]'
	@touch $@ $(VENV)/installed

$(VENV)/installed-check: pyproject.toml | $(VENV)/made
	$(PIP) --editable '.[dev,docs,test,keep]'
	@touch $@ $(VENV)/installed
