# Everything needs only python3 (3.11 or newer), pip and make. The environment is made in .venv.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# pip works on the environment from outside, so a python3 without the venv package's ensurepip will do.
PIP = $(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --no-input
TESTS ?= tests
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help desk demo test matrix windows check audit format bench simulate team fidelity odd-cards odd-values mutants pictures texts site wheel requirements clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# What a step is for, and how long it takes on a laptop with a fast line: nothing is silent for half a minute.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "brokerdesk needs Python 3.11 or newer: make PYTHON=python3.12")'
	@echo "The first time, everything that brokerdesk needs is put into the folder $(VENV): about half a minute."
	@echo "1 of 4  Making an environment of its own (a second)"
	@$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "2 of 4  Fetching the libraries, each checked by its hash (10 to 30 seconds)"
	@$(PIP) --require-hashes -r requirements/run.txt
	@echo "3 of 4  Installing brokerdesk itself (3 seconds)"
	@$(PIP) --no-deps --no-build-isolation -e .
	@echo "4 of 4  Compiling everything once, so that the app starts fast (5 to 10 seconds)"
	@$(BIN)/python -m compileall -q "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" core data tui
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Fetching what the tests also need, each checked by its hash (20 to 60 seconds)"
	@$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

desk: $(VENV)/.run ## open the desk, on the embedded sandbox until a profile is set up
	@$(BIN)/brokerdesk

demo: $(VENV)/.run ## the main job without a screen: sandbox, preview, push, links
	@$(BIN)/python -m tui.cli.commands.demo

# Some tests start processes of their own: compiled modules make those start faster.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/.dev ## run the tests (TESTS=path and JOBS=n narrow it)
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(TESTS)

# The test files that try a part of their cases in `make test` name tests/support/matrix.py.
matrix: $(VENV)/.dev ## every fault, kill, hostile text and random desk of which make test tries a part
	MATRIX=1 $(BIN)/python -m pytest -n $(JOBS) --dist worksteal tests/terminal $$(grep -rl "support.matrix import" tests --include="test_*.py")

windows: $(VENV)/.dev ## run the tests on Windows' Python under wine (needs wine and uv; TESTS=path narrows it)
	$(BIN)/python -m tests.windows $(filter-out tests,$(TESTS))

check: $(VENV)/.dev ## style, types, which room may import which, secrets and pins
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.scan

audit: $(VENV)/.dev ## ask for advisories about the pinned versions (needs pip-audit and the network)
	pip-audit --require-hashes --disable-pip -r requirements/dev.txt

format: $(VENV)/.dev ## put the code in the project's style
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

PARTS ?=
QUICK ?=
bench: export PYTHONDONTWRITEBYTECODE =
bench: $(VENV)/.dev ## figures, each next to a floor or a peer of the same run (PARTS="start book", QUICK=1)
	$(BIN)/python -m compileall -q core data tui tests
	$(BIN)/python -m tests.bench $(if $(QUICK),--quick) $(PARTS)

SEEDS ?= 5000
simulate: $(VENV)/.dev ## run SEEDS=n fault schedules through the push engine; prints a failing seed
	$(BIN)/python -m tests.simulation --seeds $(SEEDS)

STEPS ?= 20000
RATE ?= 6000
TROUBLES ?= 4
team: export PYTHONDONTWRITEBYTECODE =
team: $(VENV)/.dev ## four workers and two desks on one PostgreSQL push STEPS=n people at RATE=n a minute, with faults and kills
	$(BIN)/python -m tests.team --steps $(STEPS) --rate $(RATE) --troubles-every $(TROUBLES)

DESKS ?= 1000
fidelity: $(VENV)/.dev ## DESKS=n random desks: each push changes what its preview shows; differences are printed
	$(BIN)/python -m tests.fidelity --seeds $(DESKS)

CARDS ?= 1000
odd-cards: $(VENV)/.dev ## push CARDS=n odd cards: FLEX refuses what the preview refuses, and nothing else
	$(BIN)/python -m tests.fidelity.odd_cards --cards $(CARDS)

COUNT ?= 5000
odd-values: $(VENV)/.dev ## replace COUNT=n values of the systems' replies by odd ones: nothing breaks, nothing is sent unseen
	$(BIN)/python -m tests.fidelity.odd_values --count $(COUNT)

wheel: $(VENV)/.run ## build the wheel of the last commit from a clean clone, into dist
	rm -rf build dist
	git clone --quiet --no-hardlinks . build/clone
	python="$$(cd $(BIN) && pwd)/python" && cd build/clone && "$$python" -m hatchling build -d ../../dist

ONLY ?=
mutants: $(VENV)/.dev ## break core and book in every small way (ONLY=module); lists what no test notices
	$(BIN)/python -m tests.mutation --only "$(ONLY)"

pictures: $(VENV)/.dev ## draw the pictures of the pages from the running app
	$(BIN)/python -m tests.pictures

texts: $(VENV)/.dev ## write the pages of all texts, keys, commands, settings and errors
	$(BIN)/python -m tests.texts

$(VENV)-site/.made: requirements/site.txt
	$(PYTHON) -m venv --without-pip $(VENV)-site
	$(PYTHON) -m pip --python $(VENV)-site/bin/python install --quiet --disable-pip-version-check --no-input --require-hashes -r $<
	@touch $@

site: $(VENV)/.dev $(VENV)-site/.made ## build the documentation as a site, in build/site/html
	$(BIN)/python -m tests.site $(VENV)-site/bin/zensical

requirements: ## resolve the pinned, hashed requirement files again (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade pyproject.toml --extra excel --extra serve --group build -o requirements/run.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade pyproject.toml --extra excel --extra scale --extra serve --extra team --group build --group dev -c requirements/run.txt -o requirements/dev.txt
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade --group site -o requirements/site.txt
	for peer in posting harlequin fastdatatable matching; do \
	  uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --upgrade --group peer-$$peer -o requirements/peers/$$peer.txt || exit 1; \
	done

clean: ## remove the environment and the files that tools left
	rm -rf $(VENV) $(VENV)-site .bench .mypy_cache .ruff_cache .hypothesis dist build snapshot_report.html
