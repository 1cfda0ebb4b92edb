# make setup | run | test | lint | bench | interop | clean        (see README.md)
# Steps leave stamp files in .venv, so a second call does only what has changed.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SLICE := $(shell find slice -name '*.ice' 2>/dev/null)
FRONTEND := $(shell find omero_web/frontend -path '*/node_modules' -prune -o -type f -print 2>/dev/null)

.PHONY: setup run stop test lint interop bench clean distclean

setup: .venv/.generated .venv/.frontend

.venv/.installed: pyproject.toml setup.py native/blend.c native/encoder.c
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: install it, or call make PYTHON=/path/to/python"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=24' 'setuptools>=77' wheel
	@echo "Installing. ZeroC Ice is compiled from source the first time, which takes some minutes."
	$(BIN)/python -m pip install --quiet 'zeroc-ice>=3.7.11,<3.8' 'PyYAML>=6.0'
	$(BIN)/python -m pip install --quiet --no-build-isolation --editable '.[dev]'
	@touch $@

.venv/.generated: .venv/.installed $(SLICE) omero_build.py omero_build_stubs.py omero_build_types.py
	$(BIN)/python -m omero_build
	@touch $@

# The front end is built from npm packages. Without npm everything else works, and OMERO.web says what is missing.
.venv/.frontend: $(FRONTEND)
	@if command -v npm >/dev/null; then \
		cd omero_web/frontend && npm ci --silent --no-audit --no-fund && npm run --silent build && touch $(CURDIR)/$@; \
	else echo "npm is not installed: OMERO.web has no pages. Install Node.js 20 or newer with npm, then make setup."; fi

run: setup
	@$(BIN)/omero admin start --foreground

stop:
	@$(BIN)/omero admin stop

# Two at a time: most tests wait for a server. What the quicker half says is shown after the other.
test: setup
	@log=$$(mktemp) && trap 'kill $$rest 2>/dev/null; rm -f $$log' EXIT && \
	{ $(BIN)/python -m pytest tests/unit tests/web >$$log 2>&1 & rest=$$!; } && \
	failed=0; $(BIN)/python -m pytest tests/integration || failed=1; \
	wait $$rest || failed=1; cat $$log; exit $$failed

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd omero_web/frontend && npm run --silent check && npm test --silent

interop: setup
	tests/interop/build_venv.sh
	tests/interop/build_third_party.sh $(BIN)/python
	$(BIN)/python -m pytest tests/interop

bench: setup
	$(BIN)/python -m bench

# Generated files and caches. Data of a server (.omero) is never removed here.
clean:
	rm -rf omero/_generated omero/model/__init__.pyi omero_web/static/dist build dist *.egg-info tests/artefacts .venv/.generated .venv/.frontend
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv omero_web/frontend/node_modules
