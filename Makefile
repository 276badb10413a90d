# What a developer types. Needs make and Python 3.11 or later; everything else comes from the lock files.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --require-hashes -r
PAPERBOY := $(INSTALL) --no-deps --no-build-isolation --editable . # the command .venv/bin/paperboy

.DEFAULT_GOAL := help
.PHONY: help setup run test coverage lint format bench chaos image pictures lock clean

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## install everything into .venv: the bot, the sandbox, the tools

# The bot alone where it has a token; else the sandbox, which needs more packages.
run: $(VENV)/.run ## run the bot, or the sandbox where DISCORD_TOKEN is not set
	@mode=$$($(BIN)/python -m bot mode) || exit $$?; \
	if [ "$$mode" = sandbox ]; then $(MAKE) --no-print-directory $(VENV)/.sandbox || exit $$?; fi; \
	exec $(BIN)/python -m bot $$mode

# Many tests wait for processes of their own: more workers than cores are quicker.
test: $(VENV)/.dev ## run the tests
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal

coverage: $(VENV)/.dev ## run the tests, and say what they leave out
	$(BIN)/python -m pytest --numprocesses 4 --dist worksteal --cov --cov-report=term

lint: $(VENV)/.dev ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports

format: $(VENV)/.dev ## mend what the linter can, and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## run the benchmarks
	$(BIN)/python -m benchmarks

chaos: $(VENV)/.dev ## kill the bot 200 times while it delivers 500 posts, and count them
	$(BIN)/python -m tests.process.chaos

image: ## build the container image with docker, podman or buildah
	@for tool in docker podman buildah; do \
	  if command -v $$tool >/dev/null; then set -x; exec $$tool build --tag paperboy .; fi; \
	done; \
	echo "The image was not built: docker, podman or buildah is required, and none is installed." >&2; exit 1

pictures: $(VENV)/.dev ## take the README's pictures anew, in docs/pictures (needs Chromium)
	$(BIN)/python -m tests.browser.pictures

lock: $(VENV)/.dev ## pin the newest versions that pyproject.toml allows
	echo 'setuptools>=80' | $(BIN)/uv pip compile $(COMPILE) --output-file requirements/build.txt -
	$(BIN)/uv pip compile $(COMPILE) --output-file requirements/run.txt pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --extra sandbox --output-file requirements/sandbox.txt pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --extra sandbox --extra dev --output-file requirements/dev.txt pyproject.toml

COMPILE := --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header --upgrade

clean: ## remove what was installed and built (not data/)
	rm -rf $(VENV) build dist *.egg-info .coverage* htmlcov .ruff_cache .hypothesis .import_linter_cache

# Each stamp says that its lock file is installed; a changed lock file installs again.

$(VENV)/.python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Paperboy needs Python 3.11 or later, and $(PYTHON) is not here. Name another: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Paperboy needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V). Name another: make PYTHON=python3.12"; \
	  exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make $(VENV). On Debian and Ubuntu: apt install python3-venv"; rm -rf $(VENV); exit 1; }
	@touch $@

$(VENV)/.run: requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the bot's packages …"
	@$(LOCKED) $< -r requirements/build.txt
	@$(PAPERBOY)
	@touch $@

$(VENV)/.sandbox: requirements/sandbox.txt | $(VENV)/.python
	@echo "Installing the sandbox's packages …"
	@$(LOCKED) $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(VENV)/.python
	@echo "Installing the packages for development …"
	@$(LOCKED) $<
	@$(PAPERBOY)
	@touch $@
