# Every command a developer needs: `make help` lists them.
# Targets and prerequisites are relative names: the checkout's folder may have a space in its name.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# pyenv finds its folder through HOME: ask pyenv before HOME changes.
export PYENV_ROOT := $(or $(PYENV_ROOT),$(shell pyenv root 2>/dev/null))
# Absolute, since suites also run in copies of the checkout. Unset if the files are missing: their tests are skipped.
ifneq ($(MGC_CONTRACT),)
override export MGC_CONTRACT := $(shell realpath -m -- '$(MGC_CONTRACT)')
else ifneq ($(wildcard ../shared/api),)
export MGC_CONTRACT := $(shell realpath -- ../shared/api)
endif
# A private HOME: tools find no old copy of the collection there, and leave nothing in the developer's HOME. The package
# index is the developer's own setting.
export OWN_HOME := $(or $(OWN_HOME),$(HOME))
export HOME := $(CURDIR)/.build/home
ifdef PIP_INDEX_URL
export UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
endif
export UV_CACHE_DIR ?= $(CURDIR)/.build/uv
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Containers often disable bytecode: then every program compiles all of Ansible, and takes 1.5 times as long to start.
unexport PYTHONDONTWRITEBYTECODE
export ANSIBLE_COLLECTIONS_PATH := $(CURDIR)/.build/collections
export ANSIBLE_LOCALHOST_WARNING := false
export ANSIBLE_INVENTORY_UNPARSED_WARNING := false

LINK := .build/collections/ansible_collections/magalu/cloud
# The environment is created again when the pins or the folder change, since its scripts contain the folder's path.
SETUP := .build/setup-$(shell (cat requirements-dev.txt; pwd) | sha256sum | head -c 16)
# Ubuntu has no package chromium, but GitHub's runners have the program.
SYSTEM_PACKAGES = openssh-server $(if $(shell command -v chromium),,chromium)
# awx.awx for the tests of awx_setup, taken from the package that contains it.
AWX := .build/awx-collections/24.6.1
# An ansible-runner that nodes of AWX 24.6.1 may have, and the versions that `make runners` tries.
RUNNER := .build/runners/2.4.1
RUNNERS := $(addprefix .build/runners/,2.3.6 2.4.0 2.4.1 2.4.2 2.4.3)
# A free worker gets the next test, and tests that start programs come first, so that both workers are busy to the end.
SIDE_BY_SIDE := -n 2 --dist load --maxschedchunk 2
# The record of the tests that failed last; gates that run at the same time have their own records.
FAILED := -o cache_dir=.build/failed
# Gates in the order of their start, the longest first.
GATES := suites sanity integration cores molecule package lint docs
# The parts of five gates that make test runs. Only make test-all checks the tests with sanity and ansible-lint.
CHOICE := SAMPLE=1 PATHS=plugins/ TARGETS=vm_fleet ARGUMENTS="--scenario-name default" EXCLUDE=tests/integration

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24

setup: $(SETUP) $(LINK) $(AWX) $(RUNNER)  ## make .venv with the pinned tools
$(SETUP):
	mkdir -p "$$HOME/.config"
	for tool in pip uv; do rm -f "$$HOME/.config/$$tool"; ln -s "$$OWN_HOME/.config/$$tool" "$$HOME/.config/$$tool"; done
	python3 -m venv .venv
	.venv/bin/python -m pip install --quiet "$$(grep '^uv==' requirements-dev.txt)"
	.venv/bin/python -m uv pip install --quiet --python .venv/bin/python -r requirements-dev.txt
	rm -f .build/setup-* && touch $@
$(AWX): | $(SETUP)
	rm -rf $@ $@.part $@.new && .venv/bin/python -m uv pip install --quiet --no-deps --target $@.part ansible==12.3.0
	mkdir $@.new $@.new/ansible_collections && mv $@.part/ansible_collections/awx $@.new/ansible_collections/
	rm -rf $@.part && mv $@.new $@
$(RUNNERS): | $(SETUP)
	rm -rf $@ $@.part && .venv/bin/python -m uv pip install --quiet --no-deps --target $@.part ansible-runner==$(@F)
	mv $@.part $@
$(LINK):
	mkdir -p $(@D) && ln -sfn ../../../.. $@

quickstart: export ANSIBLE_CALLBACK_RESULT_FORMAT := yaml
quickstart: $(SETUP) $(LINK)  ## run playbooks/quickstart.yml on the simulator; KEEP=1 leaves the simulator running
ifdef KEEP
	@tests/keep.sh ansible-playbook playbooks/quickstart.yml
else
	@python -m simulator --port 0 --speed 10 -- ansible-playbook playbooks/quickstart.yml
endif

quick: setup  ## run the tests that need no other process than pytest's, as often as you save
	python -m pytest $(SIDE_BY_SIDE) $(FAILED) -q -m "not programs"

contract: setup  ## compare requests and answers with the API's OpenAPI files (MGC_CONTRACT, or ../shared/api)
	python -m pytest tests/contract || [ $$? = 5 -a -z "$(MGC_CONTRACT)" ] # 5: all tests were skipped

suites: setup  ## run all of pytest's suites, with the pinned ansible-core
	python -m pytest $(SIDE_BY_SIDE) $(FAILED) --durations 30 $(if $(TEST_ALL),--cov --cov-fail-under 98)

again: setup  ## run the tests that failed in the last run of quick or suites
	python -m pytest $(FAILED) --last-failed --last-failed-no-failures none

coverage: setup  ## run the tests of make quick and show which lines none of them reaches; fails below the recorded share
	python -m pytest $(SIDE_BY_SIDE) -q -m "not programs" --cov --cov-report=term-missing:skip-covered

cores: setup  ## run the tests marked every_core with the oldest and the newest ansible-core, or a SAMPLE=1 of them
	python tests/cores.py $(if $(SAMPLE),sample,every_core)

matrix: setup  ## run suites, sanity and integration with every supported ansible-core (or CORES=...)
	python tests/cores.py all $(CORES)

runners: setup $(RUNNERS)  ## run a job with each of many versions of ansible-runner and ansible-core (or CORES=...)
	TEST_ALL=1 python tests/cores.py runners $(CORES)

integration: setup  ## run the integration targets (TARGETS=...) on the simulator, or on the real cloud with MGC_API_KEY
	tests/ansible-test.sh integration $(TARGETS)

acceptance: setup  ## try the real cloud of MGC_API_KEY, and answer open questions: costs money, asks first (or YES=1)
	@python -m tests.acceptance run $(if $(YES),--yes) $(if $(TARGETS),--targets '$(TARGETS)') \
		$(if $(SSH_KEY),--ssh-key '$(SSH_KEY)') $(ARGUMENTS)

acceptance-clean: setup  ## delete what a killed acceptance run left behind: lists it, and asks first (or YES=1)
	@python -m tests.acceptance clean $(if $(YES),--yes)

# The modules' waits are as fast as the simulator's clock; the port is a free one.
molecule: export PYTHONPATH := $(CURDIR)/tests/support/quick
molecule: setup  ## run the scenarios of extensions/molecule (ARGUMENTS="--scenario-name ...") on the simulator
	SIMULATOR_PORT=$$(python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])') \
		NO_COLOR=1 molecule test $(or $(ARGUMENTS),--all)

sanity: setup  ## run ansible-test sanity on all files, or on PATHS=...
	tests/ansible-test.sh sanity $(PATHS)

lint: lint-ruff lint-imports lint-mypy lint-ansible lint-docs lint-changelog  ## run all linters
lint-ruff: setup
	python -m ruff check && python -m ruff format --check
lint-imports: setup
	PYTHONPATH=.build/collections lint-imports --no-cache
lint-mypy: setup
	MYPYPATH=.build/collections python -m mypy $(LINK)/plugins $(LINK)/simulator
lint-ansible: setup
	ANSIBLE_COLLECTIONS_PATH="$$ANSIBLE_COLLECTIONS_PATH:$(CURDIR)/$(AWX)" ansible-lint --nocolor --offline --profile production \
		$(if $(EXCLUDE),--exclude $(EXCLUDE))
lint-docs: setup
	python tests/lint_docs.py lint-collection-docs --plugin-docs --validate-collection-refs=all \
		--disallow-unknown-collection-refs --check-extra-docs-refs .
lint-changelog: setup
	antsibull-changelog lint

docs: setup  ## build the documentation site in .build/docs/html, and look at it
	rm -rf .build/docs && mkdir -p -m 755 .build/docs/rst
	antsibull-docs collection --fail-on-error --use-current --squash-hierarchy --dest-dir .build/docs/rst magalu.cloud
	cp -r docs/docsite/images .build/docs/rst/images
	python docs/pages.py .build/docs/rst
	python -m sphinx -q -W -c docs .build/docs/rst .build/docs/html
	python -m pytest -q tests/docs/site

record: setup  ## write the golden files again: pictures, tables of the documentation, shapes of results
	python -m tests.docs.draw
	python -m tests.docs.suboptions
	python -m tests.docs.returns
	python -m tests.inventory.hostvars
	python -m tests.awx.page
	python -m tests.support.shapes
	python -m tests.faults

package: setup  ## build and check the tarball, install it, and run the README's commands with what is installed
	python -m pytest $(SIDE_BY_SIDE) tests/package

release: setup  ## make the release VERSION=x.y.z: changelog, version, commit, tag and a checked tarball, or nothing
	python tests/release.py "$(VERSION)"

bench: setup  ## measure time and memory with every supported ansible-core, and write the page Performance of the docs
	rm -rf .build/bench
	python tests/cores.py bench
	python -m tests.benchmarks.page

# ansible-test fails if the folder's path has a space: then a copy is tested.
test:  ## run every kind of test, with a fixed choice of combinations: what the CI runs
	@$(MAKE) gates $(CHOICE)

test-all: export TEST_ALL := 1
test-all:  ## run every test, with every supported ansible-core, every scenario and target: what a release asks for
	@$(MAKE) gates

ifneq ($(words $(CURDIR)),1)
gates:
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && tests/sync.sh "$$copy" && $(MAKE) -C "$$copy" gates
else
gates: setup
	@rm -rf .build/logs && mkdir -p .build/logs
	@status=0; $(MAKE) -j2 --keep-going $(GATES:%=gate-%) || status=$$?; \
	printf '\n%-12s %-8s %s\n' gate result seconds; cat .build/logs/summary; \
	{ grep FAILED .build/logs/summary || true; } | while read -r gate _; do \
	case $$gate in suites) rerun="make again" ;; *) rerun="make $$gate" ;; esac; \
	echo "$$gate failed: .build/logs/$$gate.log, $$(grep -acE '^(FAILED|ERROR) ' .build/logs/$$gate.log) tests; again: $$rerun"; done; \
	grep -aE '^=+ .* in [0-9.]+s' .build/logs/suites.log | tail -n 1 || true; exit $$status
endif
gate-%:
	@begin=$$SECONDS; result=ok; echo "$* begins: tail -f .build/logs/$*.log"; \
	$(MAKE) $* > .build/logs/$*.log 2>&1 || { result=FAILED; cat .build/logs/$*.log; }; \
	printf '%-12s %-8s %s\n' $* $$result $$((SECONDS - begin)) | tee -a .build/logs/summary; [ $$result = ok ]

system-packages:  ## install what pip cannot (Debian): without it some tests are skipped, and fail in the CI
	apt-get update && apt-get install --yes --no-install-recommends $(SYSTEM_PACKAGES)

pins: setup  ## write the requirements files from pyproject.toml
	pins="python -m uv pip compile --quiet --universal --no-header --no-annotate --python-version 3.11"; \
	$$pins --group dev --output-file requirements-dev.txt; \
	$$pins --group tests --output-file tests/requirements.txt

clean:  ## remove all that make made
	rm -rf .build .venv .hypothesis tests/output tests/integration/inventory tests/integration/integration_config.yml

.PHONY: $(shell sed -nE 's/^([a-z-]+):.*/\1/p' Makefile)
