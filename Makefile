# Both commands set themselves up: they need git, make and python3 >= 3.11.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test test-long suite check style types imports golden benchmarks clean

# The main job: three futures, a table and figures in out/demo.
demo: $(READY)
	$(BIN)/sim compare baseline myanmar_escalation osa_surge --trials 10000 --out out/demo --force

# Everything that has to hold: style, types, imports, tests. The checks run beside the suite.
test: $(READY)
	$(MAKE) --jobs 2 suite types style imports

suite: $(READY)
	$(BIN)/pytest -n 2

# What the suite leaves out for time: every scenario compiled, MPI, benchmarks, 20 kills, 100,000 draws.
test-long: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,mpi]'
	$(BIN)/pytest -n 2 -m long
	PYTHONPATH=tests $(BIN)/python tests/soak.py --kills 20
	PYTHONPATH=tests $(BIN)/python tests/space.py --draws 100000

check: style types imports

style: $(READY)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports --no-cache

# Write the golden runs anew, after a change of numbers that the changelog names.
golden: $(READY)
	PYTHONPATH=tests $(BIN)/python -m golden_runs

benchmarks: $(READY)
	$(BIN)/python -m benchmarks

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) out build dist
