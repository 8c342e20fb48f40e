# Canvasback. `make` alone tells what there is.
PYTHON ?= python3
PY := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help setup demo down test lint check topology shell bench faults clean

help: ## tell what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the locked Python packages into .venv
	@compose/local/venv.sh $(PYTHON)

demo: setup ## back up a database, destroy it, restore it, prove it equal (KEEP=1 leaves everything running)
	@$(PY) -m compose.demo $(if $(KEEP),--keep)

down: setup ## end what `make demo KEEP=1` left running
	@$(PY) -m compose.demo --down

# Hundreds of Python processes are started: whatever the machine says, each finds its modules compiled.
test: export PYTHONDONTWRITEBYTECODE =
test: setup ## install what the tests need and run them all
	@$(PY) -m compose.local fetch
	@$(PY) -m pytest -n 3 --dist loadfile $(ARGS)

lint: setup ## style, types and the floors of the house
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

check: setup ## print the resolved settings, or everything that is wrong with them (CANVASBACK_CONFIG names the file)
	@$(PY) -m workers.settings

topology: setup ## print what to start on which host
	@$(PY) -m workers.topology

shell: setup ## the operator's shell
	@$(PY) -m tasks.shell

bench: setup ## measure against the naive way (ONLY=mysql.full picks, BENCH_SIZE=1.7GB sizes)
	@$(PY) -m compose.local fetch
	@$(PY) -m tests.bench

faults: setup ## faults at random, each with an oracle (FAULTS=100 of each kind, ONLY=bitflip,kill picks, SEED repeats)
	@$(PY) -m compose.local fetch
	@$(PY) -m tests.faults

clean: ## remove the virtual environment and everything that was built
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
