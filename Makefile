# The README's commands. Needs only Python 3.11 or newer with pip, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench up docs lock clean

demo: $(READY)  ## Invent a listener, import their export, make every table
	$(BIN)/longplay demo

test: $(READY)  ## The whole test suite; three workers, for many a test waits for another process; one thread for small frames
	PYTHONDONTWRITEBYTECODE= POLARS_MAX_THREADS=1 $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(READY)  ## Style, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)  ## Measure against peers; writes docs/benchmarks.md
	$(BIN)/python -m benchmarks

up: $(READY)  ## PostgreSQL, the Dagster UI and the daemon, until Ctrl-C
	$(BIN)/longplay up

docs: $(READY)  ## Write the generated references anew
	$(BIN)/python -m docs

lock:  ## Compile requirements.lock from pyproject.toml (needs uv)
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-annotate --no-strip-extras --output-file requirements.lock

clean:
	rm -rf $(VENV) build *.egg-info

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@
