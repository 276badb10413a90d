# Commands for development. They need make and Python 3.11 or later; the lock files pin everything else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --require-hashes -r
PAPERBOY := $(INSTALL) --no-deps --no-build-isolation --editable . # the command .venv/bin/paperboy

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all coverage residue lint format bench chaos focus focus-table image pictures lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## install the bot, the sandbox and the development tools into .venv

# The bot if it has a token, else the sandbox, which needs more packages.
run: $(VENV)/.run ## run the bot, or the sandbox if DISCORD_TOKEN is not set
	@mode=$$($(BIN)/python -m bot mode) || exit $$?; \
	if [ "$$mode" = sandbox ]; then $(MAKE) --no-print-directory $(VENV)/.sandbox || exit $$?; fi; \
	exec $(BIN)/python -m bot $$mode

# Compiled modules are kept for the next run: pytest spends seconds on compiling the tests.
test coverage: export PYTHONDONTWRITEBYTECODE =

# Four on two cores: while some wait for a process or the browser, others work.
TESTS = $(BIN)/python -m pytest -p tests.parallel --processes 4

test: $(VENV)/.dev ## run the tests
	$(TESTS)

test-all: export PAPERBOY_EXAMPLES = thorough
test-all: test ## run all tests, with fifty times as many generated examples

coverage: $(VENV)/.dev ## run the tests and report uncovered lines
	$(TESTS) --cov --cov-report=term

residue: $(VENV)/.dev ## count the LaTeX that is left in recorded titles and abstracts, by kind
	$(BIN)/python -m tests.core.words.residue

lint: $(VENV)/.dev ## check style, types and import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: $(VENV)/.dev ## fix lint errors where possible, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev $(VENV)/.bench ## run the benchmarks
	$(BIN)/python -m benchmarks

chaos: $(VENV)/.dev ## kill the bot 200 times while it posts, as one process and as several, and count the posts (1 hour)
	$(BIN)/python -m tests.process.chaos
	$(BIN)/python -m tests.process.chaos --fleet

focus: $(VENV)/.dev ## measure what each focus posts on judged topics, and fail if the results are too poor
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.focus_quality $(SHARED)

focus-table: $(VENV)/.dev ## make the table of word vectors for focus again, from an archive of papers
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tools.focus_table $(SHARED)/archive.jsonl.xz bot/matching/focus/table.bin

SHARED ?= ../shared/data

image: ## build the container image with docker, podman or buildah
	@for tool in docker podman buildah; do \
	  if command -v $$tool >/dev/null; then set -x; exec $$tool build --tag paperboy .; fi; \
	done; \
	echo "The image was not built: docker, podman or buildah is required, and none is installed." >&2; exit 1

pictures: $(VENV)/.dev ## retake the screenshots in docs/pictures (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

lock: $(VENV)/.dev ## pin the newest versions that pyproject.toml allows, with hashes
	echo 'setuptools>=80' | $(BIN)/uv pip compile $(COMPILE) --output-file requirements/build.txt -
	$(BIN)/uv pip compile $(COMPILE) --output-file requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --extra sandbox --output-file requirements/sandbox.txt pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --extra sandbox --extra dev --output-file requirements/dev.txt pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --group bench --output-file requirements/bench.txt

COMPILE := --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --upgrade

clean: ## remove everything installed or built (keeps data/)
	rm -rf $(VENV) build dist *.egg-info .coverage* htmlcov .ruff_cache .hypothesis .import_linter_cache

# Each stamp file marks a lock file as installed. A changed lock file is installed again.

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Paperboy needs Python 3.11 or later, but $(PYTHON) was not found. Try: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Paperboy needs Python 3.11 or later, but $(PYTHON) is $$($(PYTHON) -V). Try: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not create $(VENV). On Debian and Ubuntu, run: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the packages of the bot …"
	@$(LOCKED) $< -r requirements/build.txt
	@$(PAPERBOY)
	@touch $@

$(VENV)/.sandbox: requirements/sandbox.txt | $(VENV)/.python
	@echo "Installing the packages of the sandbox …"
	@$(LOCKED) $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the packages for development …"
	@$(LOCKED) $<
	@$(PAPERBOY)
	@touch $@

$(VENV)/.bench: requirements/bench.txt | $(VENV)/.python
	@echo "Installing the packages of the benchmarks …"
	@$(LOCKED) $<
	@touch $@
