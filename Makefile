# Everything a person or a build server calls. `make help` lists it.
#
#   PORT=8000               where `make run` answers
#   PYTHON=python3.12       the Python to make .venv with (default: python3, else the newest one found)
#   TORCH_INDEX_URL=…       another package index for PyTorch, for instance its own with the small CPU builds
#   URL=http://…            the demo that `make pictures` looks at
#   TEST=tests/discussions  only these tests; TEST_OPTIONS="-x -k name" for pytest

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check
TORCH := torch==2.13.0
TEST ?=
TEST_OPTIONS ?=
UPGRADE ?=
export HF_HUB_OFFLINE ?= 1

# A Python is suitable from 3.11 on, and when it can make virtual environments with pip inside.
SUITABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14
PYTHON ?= $(shell for p in $(CANDIDATES); do "$$p" -c '$(SUITABLE)' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

.PHONY: help run setup setup-tests test check format lock clean chromium sound python-found \
	chaos race bench-scoring bench-threads bench-desk bench-perspective pictures

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile

# --- run --------------------------------------------------------------------------------------------

run: ## set up on the first start, then run the whole site in the foreground (PORT=8000)
	@# Before packages are fetched, so that a busy port is not found after ten minutes.
	@[ -e $(VENV)/.parley-runtime ] || { $(MAKE) python-found && "$(PYTHON)" config/local/preflight.py; }
	@$(MAKE) -s setup
	@exec $(RUN) -m config.local run

# --- set-up -----------------------------------------------------------------------------------------
# Each step leaves a stamp when it is complete; an interrupted one is simply done again.

setup: sound ## make .venv with everything pinned
	@$(MAKE) -s $(VENV)/.parley-runtime

setup-tests: sound ## the same plus what tests and checks need
	@$(MAKE) -s $(VENV)/.parley-tests

# A virtual environment whose Python has gone (upgraded, removed) is made anew.
sound:
	@if [ -e $(VENV)/.parley-created ] && ! $(RUN) -c pass 2>/dev/null; then rm -f $(VENV)/.parley-*; fi

python-found:
	@if [ -z "$(PYTHON)" ]; then \
	  if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "This Python lacks the venv module. On Debian and Ubuntu: apt-get install python3-venv"; \
	  else \
	    echo "Parley needs Python 3.11 or newer, and none was found. Install one, or name it: make run PYTHON=/path/to/python3.12"; \
	  fi; exit 1; fi
	@"$(PYTHON)" -c '$(SUITABLE)' 2>/dev/null || { \
	  echo "$(PYTHON) is not usable: Parley needs Python 3.11 or newer with the venv module (Debian, Ubuntu: python3-venv)."; exit 1; }

# Not a prerequisite of the stamp: a newer Python on the machine is no reason to start over.
$(VENV)/.parley-created:
	@$(MAKE) -s python-found
	@echo "==> making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.parley-runtime: requirements.txt | $(VENV)/.parley-created
	@echo "==> installing the pinned packages (a few minutes on the first start)"
	@$(PIP) install --progress-bar on --require-hashes --no-deps -r requirements.txt
	@$(MAKE) -s torch
	@touch $@

$(VENV)/.parley-tests: tests/requirements.txt | $(VENV)/.parley-runtime
	@echo "==> installing what tests and checks need"
	@$(PIP) install --progress-bar on --require-hashes --no-deps -r tests/requirements.txt
	@touch $@

# PyTorch stands alone: its builds differ by machine, so one list of hashes cannot hold them.
.PHONY: torch
torch:
	@if ! $(RUN) -c 'import importlib.metadata as m; assert m.version("torch").split("+")[0] == "$(TORCH)".split("==")[1]' 2>/dev/null; then \
	  echo "==> installing $(TORCH): the largest part"; \
	  if [ -z "$$TORCH_INDEX_URL" ] && [ "$$(uname -sm)" = "Linux x86_64" ]; then \
	    echo "    (the standard build brings CUDA, several gigabytes; with TORCH_INDEX_URL the small CPU build, see README)"; fi; \
	  $(PIP) install --progress-bar on $${TORCH_INDEX_URL:+--index-url "$$TORCH_INDEX_URL"} $(TORCH); fi

lock: ## resolve pyproject.toml into the two requirements files (needs uv; UPGRADE=--upgrade for newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv on the PATH."; exit 1; }
	@mkdir -p $(VENV)
	@# torch is installed in its own step; leaving it out keeps its gigabytes of GPU packages out of the lock
	@echo 'torch ; python_version < "3"' > $(VENV)/lock-overrides.txt
	uv pip compile pyproject.toml $(UPGRADE) --universal --python-version 3.11 --override $(VENV)/lock-overrides.txt \
	  --no-annotate --generate-hashes --quiet --no-emit-index-url --custom-compile-command "make lock" -o requirements.txt
	uv pip compile pyproject.toml $(UPGRADE) --group test -c requirements.txt --universal --python-version 3.11 \
	  --override $(VENV)/lock-overrides.txt --no-annotate --generate-hashes --quiet --no-emit-index-url \
	  --custom-compile-command "make lock" -o tests/requirements.txt

# --- quality ----------------------------------------------------------------------------------------

# Tests run even where a check failed, so that one look shows everything; the exit status knows of both.
test: setup-tests chromium ## everything: checks, then all tests on real services
	@status=0; $(MAKE) check || status=1; $(RUN) -m pytest $(TEST_OPTIONS) $(TEST) || status=$$?; exit $$status

check: setup-tests ## ruff, mypy, import rules, templates, migrations
	@failed=; step() { name=$$1; shift; echo "==> $$name"; "$$@" || failed="$$failed $$name"; }; \
	export PARLEY_LOCAL=1; manage="$(RUN) -W ignore::RuntimeWarning manage.py"; \
	step ruff $(RUN) -m ruff check . ; \
	step format $(RUN) -m ruff format --check . ; \
	step mypy $(RUN) -m mypy config discussions moderation; \
	step imports $(RUN) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()' --no-cache; \
	step templates sh -c "git ls-files -z '*/templates/*.html' | xargs -0 -r $(VENV)/bin/djade --target-version 5.2 --check"; \
	step settings $$manage check --fail-level ERROR; \
	step migrations $$manage makemigrations --check --dry-run; \
	[ -z "$$failed" ] || { echo "Failed:$$failed"; exit 1; }

format: setup-tests ## bring code and templates into the form that check asks for
	@$(RUN) -m ruff check --fix --quiet . ; $(RUN) -m ruff format .
	@git ls-files -z '*/templates/*.html' | xargs -0 -r $(VENV)/bin/djade --target-version 5.2 || true

# The browser tests drive the system's Chromium.
chromium:
	@if ! command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then \
	  if command -v apt-get >/dev/null && { [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; then \
	    sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	    echo "==> installing Chromium for the browser tests"; \
	    $$sudo apt-get update -q </dev/null && \
	    $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium </dev/null; \
	  else \
	    echo "The browser tests need Chromium. Install it (Debian: apt-get install chromium) and run make test again."; exit 1; \
	  fi; fi

chaos: setup-tests ## break a running product at full length
	@PARLEY_CHAOS=full $(RUN) -m pytest -m chaos tests/chaos $(TEST_OPTIONS)

race: setup-tests ## two moderators on the same comment at the same moment, a thousand times (RACES=1000)
	@PARLEY_RACES=$${RACES:-1000} $(RUN) -m pytest --timeout 1800 --durations 1 \
	  tests/moderation/test_decisions.py -k same_moment $(TEST_OPTIONS)

bench-scoring bench-threads bench-desk bench-perspective: setup-tests
	@$(RUN) -m tests.benchmarks.$(subst -,_,$@)
bench-scoring: ## comments scored per second, and how that was measured
bench-threads: ## reading and posting in an article with many comments
bench-desk: ## the moderators' queue under load
bench-perspective: ## the Perspective endpoint under load

pictures: setup-tests chromium ## take the documentation's pictures again, from a fresh demo (URL=http://127.0.0.1:8000)
	@$(RUN) -m tests.pictures $${URL:-http://127.0.0.1:8000}

clean: ## remove .venv and caches; the site's data in .parley stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
