# Everything a person runs. Each target sets itself up in .venv; nothing is touched outside the checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
SERVING := $(VENV)/.serving
EVERYTHING := $(VENV)/.everything

# COMPILED=1: test and bench with the hot rooms compiled to C. They lie beside the source, which stays as it is.
COMPILED_TREE := build/compiled
COMPILED_MADE := $(COMPILED_TREE)/.made
ifdef COMPILED
READY := $(COMPILED_MADE)
RUN := PYTHONPATH=$(CURDIR)/$(COMPILED_TREE):$(CURDIR) MAPPRIOR_COMPILED=1 $(BIN)/python -P
PYTEST := -m pytest --import-mode=append
else
RUN := $(BIN)/python
PYTEST := -m pytest
endif

.PHONY: help setup test check compiled demo tiles protos format bench clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    drive the sample tiles and watch the horizon"
	@echo "make setup   install everything into .venv, as building tiles needs"
	@echo "make test    format, lint, types, import contract and tests"
	@echo "make compiled  the hot rooms as C extensions; then: make test COMPILED=1, make bench COMPILED=1"
	@echo "make tiles   rebuild the sample tiles from their pinned sources and compare (WRITE=1: replace)"
	@echo "make bench   measure against a bare gRPC echo in the same run"
	@echo "make protos  regenerate mapprior/v1 from protos/"
	@echo "make format  put the code into shape"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "mapprior needs Python 3.11 or newer: make PYTHON=python3.12 ..."; exit 1; }
	@echo "setting up $(VENV)"
	@$(PYTHON) -m venv $(VENV)

# Serving, client and feeds: what the demo needs.
$(SERVING): pyproject.toml | $(BIN)/python
	@echo "installing what the demo needs"
	@$(PIP_INSTALL) -e '.[live]'
	@touch $@

$(EVERYTHING): pyproject.toml | $(BIN)/python
	@echo "installing everything"
	@$(PIP_INSTALL) -e '.[all]'
	@touch $(SERVING) $@

setup: $(EVERYTHING)

check: $(EVERYTHING)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check $(READY)
	$(RUN) $(PYTEST) -n auto $(TESTS)

$(COMPILED_MADE): setup.py pyproject.toml $(shell find mapprior -name '*.py') | $(EVERYTHING)
	@echo "compiling: two to four minutes"
	@rm -rf build
	@MAPPRIOR_COMPILE=1 $(PIP_INSTALL) --no-deps --no-build-isolation --target $(COMPILED_TREE) .
	@touch $@

compiled: $(COMPILED_MADE)

demo: $(SERVING)
	@$(BIN)/mapprior demo $(DEMO)

tiles: $(EVERYTHING)
	$(BIN)/python -m tiles.build_samples $(if $(WRITE),--write)

bench: $(EVERYTHING) $(READY)
	$(RUN) -m tests.bench $(BENCH)

protos: $(EVERYTHING)
	$(BIN)/python -m grpc_tools.protoc -I protos --python_out=. --pyi_out=. protos/mapprior/v1/*.proto
	$(BIN)/python -m grpc_tools.protoc -I protos --grpc_python_out=. protos/mapprior/v1/*_service.proto

format: $(EVERYTHING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mapprior.egg-info
