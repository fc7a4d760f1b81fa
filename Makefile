# Both commands set themselves up: they need git, make and python3 >= 3.11.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
OTHER  := .venv-other

# Libraries get their bytecode once, on all cores, but for what checks, installs or edits, and the tests of others.
UNUSED := '/(tests?|testing|jedi|parso|debugpy|mypy|mypyc|pip|setuptools|pygments|IPython)/'

# Numbers, files, processes, the compiler, Mesa, figures, the command line.
VERSIONED := $(addprefix tests/test_, $(addsuffix .py, golden numerics streams distributions parameters scenario_files \
	batch summaries executors compiled abm plots cli trials registers words odd))

# Bytecode is kept, whatever the environment says: else each of many processes compiles what it imports anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: docs notebooks gallery tutorial sensitivity stamps demo test test-long test-python suite check style types imports golden benchmarks clean

# The main job: three futures, a table and figures in out/demo.
demo: $(READY)
	$(BIN)/sim compare baseline china_counteroffer china_coercion --trials 10000 --out out/demo --force

# Everything that has to hold: style, imports, types, then the tests, which take both cores.
test: $(READY)
	$(MAKE) style imports types suite

# A file's tests run in one process, which keeps what it has loaded and compiled.
suite: $(READY)
	$(BIN)/pytest -n 2 --dist loadfile

# The tests that touch what differs between versions, in an environment of its own, with the newest
# libraries that this Python can have: make test-python PYTHON=python3.13
test-python:
	rm -rf $(OTHER)
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	$(OTHER)/bin/python -m pip list | grep -i -E '^(mesa|numpy|scipy|xarray|zarr|llvmlite) '
	$(OTHER)/bin/python -m pytest -n 2 --dist loadfile $(VERSIONED)

# What the suite leaves out for time: every scenario compiled, MPI, benchmarks, 20 kills, 100,000 draws.
test-long: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,mpi,browser,docs]'
	$(BIN)/pytest -n 2 -m long
	$(BIN)/pytest -n 2 --hypothesis-profile long tests/test_distributions.py tests/test_numerics.py tests/test_same_bits.py tests/test_streams.py tests/test_summaries.py tests/test_twins.py
	PYTHONPATH=tests $(BIN)/python tests/soak.py --kills 20
	PYTHONPATH=tests $(BIN)/python tests/space.py --draws 100000

check: style types imports

style: $(READY)
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks

types: $(READY)
	MYPY_NUM_WORKERS=2 $(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports --no-cache

# Write the golden runs anew, after a change of numbers that the changelog names.
golden: $(READY)
	PYTHONPATH=tests $(BIN)/python -m golden_runs

# The documentation as a site that opens from its folder: out/docs/index.html. A warning is an error.
docs: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,docs]'
	$(BIN)/sphinx-build -W --keep-going -q -E -b html docs out/docs

# Execute the notebooks and the studies in place, after a change of numbers; one alone: make notebooks NAMES=01_first_run
notebooks: $(READY)
	PYTHONPATH=tests $(BIN)/python -m renew_notebooks $(NAMES)

# Run the lines of docs/gallery.md and write their pictures, after a change of numbers or figures.
gallery: $(READY)
	PYTHONPATH=tests $(BIN)/python -m renew_gallery

# Run the lines of docs/tutorial.md and write what they print, after a change of numbers.
tutorial: $(READY)
	PYTHONPATH=tests $(BIN)/python -m renew_tutorial

# Run the Sobol study of docs/sensitivity.md and write its table, after a change of numbers.
sensitivity: $(READY)
	PYTHONPATH=tests $(BIN)/python -m renew_sensitivity

# Pages written by hand with figures of runs: say which are of an earlier model; those renewed: make stamps NAMES=validation
stamps: $(READY)
	PYTHONPATH=tests $(BIN)/python -m stamps $(NAMES)

benchmarks: $(READY)
	$(BIN)/python -m benchmarks

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; set PYTHON=...")'
	@echo "Making an environment in $(VENV): a minute or two, once."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m compileall -q -j 2 -x $(UNUSED) $(VENV)/lib || true
	touch $(READY)

clean:
	rm -rf $(VENV) $(OTHER) out build dist
