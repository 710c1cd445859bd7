# Two commands: `make run` and `make test`. Everything is installed into this folder, pinned and hash-checked; a second
# run finds its stamps and starts at once.
SHELL  := /bin/sh
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMPS := $(VENV)/stamps
ASSETS := frontend/assets
BUILT  := $(ASSETS)/built/manifest.json
WORKERS ?= 2

# Compiled code is kept beside the libraries and out of the sources, also where the environment asks for none: compiling
# everything in every process would take most of a start.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(VENV)/bytecode

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run setup assets test check bench lock clean

# A virtual environment knows its place by absolute path: a clone that was moved or copied gets a new one.
ifneq ($(shell cat $(STAMPS)/place 2>/dev/null),$(CURDIR))
$(shell rm -rf $(STAMPS))
endif

help: ## Show this list
	@echo "Bailee: finance secured on stock that devices watch."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "For real use: $(BIN)/bailee --help"

run: setup assets ## Start the demo world and show its address; Ctrl-C stops it
	@exec $(BIN)/bailee up --demo --stop-with-parent

setup: $(STAMPS)/run $(STAMPS)/bailee ## Install what running needs into .venv

assets: $(BUILT) ## Bundle stylesheets, fonts and screens' elements

test: setup assets $(STAMPS)/test $(STAMPS)/chromium ## Run every test, browser stories included
	@$(BIN)/python -m tests.elastic_node
	$(BIN)/pytest -n $(WORKERS)

check: setup $(STAMPS)/test ## Style, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup assets $(STAMPS)/test ## Measure, with the limits beside each figure
	$(BIN)/python -m tests.bench

lock: $(STAMPS)/bootstrap ## Compile requirements/*.in anew, with hashes and without registry hosts
	@for name in bootstrap run test; do \
	  (cd requirements && ../$(BIN)/uv pip compile --quiet --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-find-links \
	    --universal --python-version 3.11 $$name.in -o $$name.txt) || exit 1; \
	done

clean: ## Remove what setup and assets made, and the demo world
	rm -rf $(VENV) $(ASSETS)/built $(ASSETS)/node_modules bailee.egg-info "$$(readlink -f var/demo)" var/demo

# -- Python

$(STAMPS)/python:
	@integrations/local/install.sh python $(PYTHON) $(VENV)
	@mkdir -p $(STAMPS) && printf %s "$(CURDIR)" > $(STAMPS)/place && touch $@

$(STAMPS)/bootstrap: requirements/bootstrap.txt $(STAMPS)/python
	@integrations/local/install.sh bootstrap $(VENV) && touch $@

$(STAMPS)/run: requirements/run.txt $(STAMPS)/bootstrap
	@integrations/local/install.sh requirements $(VENV) requirements/run.txt && touch $@

$(STAMPS)/test: requirements/test.txt $(STAMPS)/run
	@integrations/local/install.sh requirements $(VENV) requirements/test.txt && touch $@

$(STAMPS)/bailee: pyproject.toml $(STAMPS)/bootstrap
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . && touch $@

$(STAMPS)/chromium: $(STAMPS)/test
	@integrations/local/install.sh chromium $(VENV) && touch $@

# -- front end

$(ASSETS)/node_modules/.package-lock.json: $(ASSETS)/package-lock.json
	@integrations/local/install.sh node $(ASSETS) && touch $@

$(BUILT): $(ASSETS)/node_modules/.package-lock.json $(shell find $(ASSETS) -type f \
    -not -path '*/node_modules/*' -not -path '*/built/*' -not -path '*/building/*' 2>/dev/null)
	@cd $(ASSETS) && npm run --silent build && touch built/manifest.json
