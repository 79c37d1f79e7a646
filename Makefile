# Two commands matter: `make demo` and `make test`. Both set everything up first.
PYTHON ?= python3
ifeq ($(OS),Windows_NT)
VENV_BIN := .venv/Scripts
else
VENV_BIN := .venv/bin
endif
STAMP := .venv/.installed

.PHONY: setup demo test test-slow test-explore test-lowest lint clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(0 if sys.version_info >= (3, 11) else 'patrolroute needs Python 3.11 or newer; call make PYTHON=python3.12, for instance')"
	$(PYTHON) -m venv .venv
	$(VENV_BIN)/python -m pip install --quiet --upgrade pip
	$(VENV_BIN)/python -m pip install --quiet --editable ".[dev]"
	$(VENV_BIN)/python -c "import pathlib; pathlib.Path('$(STAMP)').touch()"

demo: setup
	$(VENV_BIN)/patrolroute plan kupang-full --seconds 10 --seed 1 --out out

lint: setup
	$(VENV_BIN)/ruff check .
	$(VENV_BIN)/ruff format --check .
	$(VENV_BIN)/mypy

test: lint
	$(VENV_BIN)/python -m pytest -n auto -m "not slow"

test-slow: setup
	$(VENV_BIN)/python -m pytest -m slow --hypothesis-profile=explore

# Examples that no run had before, of every property that is not slow; what they find becomes an @example.
test-explore: setup
	$(VENV_BIN)/python -m pytest -n auto -m "hypothesis and not slow" --hypothesis-profile=explore

# The lower bounds of pyproject.toml, each installed as it is named there.
test-lowest:
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct --editable ".[dev]"
	# Old releases warn of newer ones that they meet; that is no fault of this package.
	.venv-lowest/bin/python -m pytest -m "not slow" -W "ignore::DeprecationWarning"

clean:
	rm -rf .venv .venv-lowest out .pytest_cache .mypy_cache .ruff_cache
