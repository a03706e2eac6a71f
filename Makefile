# `make demo` shows it working, `make test` proves it; both make their own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test fuzz lint lint-js lock clean

demo: $(VENV)/.demo
	$(BIN)/sama app

# Each process keeps to one core.
WORKERS ?= 2
test: $(VENV)/.dev
	tests/install_chromium.sh
	$(MAKE) --no-print-directory lint
	OMP_NUM_THREADS=1 $(BIN)/python tests/run.py $(WORKERS)

# Damaged files and requests, many more than in `make test`; what fails is kept in out/fuzz, and comes again with SEED.
FUZZ ?= 10000
SEED ?= $(shell date +%s)
fuzz: $(VENV)/.dev
	@echo "make fuzz FUZZ=$(FUZZ) SEED=$(SEED)"
	SAMA_FUZZ=$(FUZZ) $(BIN)/python -m pytest -v tests/fuzz --hypothesis-seed=$(SEED)

lint: $(VENV)/.dev lint-js
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports --no-cache --no-logo

# Exact versions from the ranges of pyproject.toml; `make lock UPGRADE=1` takes the newest.
lock: $(VENV)/.dev
	$(BIN)/python -m tools.lock $(if $(UPGRADE),--upgrade)

# The page's scripts and styles. Needs npx, which comes with Node.js, and the npm registry the first time; without npx
# they are not checked, which fails where CI is set. `tests/lint_page.sh .venv/bin/python --write` formats them.
lint-js: $(VENV)/.dev
	tests/lint_page.sh $(BIN)/python

# PyMatting compiles itself at its first use, for half a minute; better here than on a visitor's first click.
$(VENV)/.demo: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	$(BIN)/python -c "from sama.matting import warm_up; warm_up()"
	touch $@

$(VENV)/.dev: $(VENV)/.demo requirements-dev.txt
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV)
