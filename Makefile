# Magalu Cloud collection: every command a developer needs. `make help` lists them.
# Names of targets and prerequisites are relative: the checkout's folder may have a space in its name.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Before HOME changes: pyenv's folder is found through it.
PYENV_ROOT := $(or $(PYENV_ROOT),$(shell pyenv root 2>/dev/null))
export PYENV_ROOT
# A private HOME: no tool finds an old copy of the collection there, or leaves anything behind.
export HOME := $(CURDIR)/.build/home
export UV_CACHE_DIR ?= $(CURDIR)/.build/uv
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections

PYTHON := .venv/bin/python
LINK := .build/collections/ansible_collections/magalu/cloud
# The environment is made anew when the pins or the folder change: scripts in it name the folder.
SETUP := .build/setup-$(shell (cat requirements-dev.txt; pwd) | sha256sum | head -c 16)

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

setup: $(SETUP) $(LINK)  ## make .venv with the pinned tools
$(SETUP):
	python3 -m venv .venv
	$(PYTHON) -m pip install --quiet "$$(grep '^uv==' requirements-dev.txt)"
	$(PYTHON) -m uv pip install --quiet --python $(PYTHON) -r requirements-dev.txt
	mkdir -p "$$HOME" && rm -f .build/setup-* && touch $@
$(LINK):
	mkdir -p $(@D) && ln -sfn ../../../.. $@

unit: setup  ## run the unit tests
	$(PYTHON) -m pytest tests/unit

pins:  ## write requirements-dev.txt from pyproject.toml
	{ echo "# Made from pyproject.toml's group dev by: make pins"; $(PYTHON) -m uv pip compile --quiet --universal \
		--python-version 3.11 --group dev --no-header --no-annotate; } > .build/pins
	mv .build/pins requirements-dev.txt

clean:  ## remove all that make made
	rm -rf .build .venv .hypothesis tests/output tests/integration/inventory tests/integration/integration_config.yml

.PHONY: help setup unit pins clean
