# make demo  runs the whole site with its demonstration data. make test  runs everything CI runs on the code.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV ?= $(CURDIR)/.venv
PY := $(VENV)/bin/python
WORKERS ?= 2
# The benchmark's peers and floors live in an environment of their own.
BENCH_VENV ?= $(CURDIR)/.venv-bench
# localstripe (GPL), which the payment emulator is compared with, lives in one of its own too.
LOCALSTRIPE_VENV ?= $(CURDIR)/.venv-localstripe
ARGS ?=
export VENV LOCALSTRIPE_VENV

.PHONY: help setup setup-dev setup-localstripe setup-bench demo test coverage bench lint format lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Virtual environment, Python packages, packages of the operating system
	@scripts/setup.sh base

setup-dev:
	@scripts/setup.sh dev

# Without it one file of tests is skipped, and says so; CI requires it.
setup-localstripe:
	@VENV=$(LOCALSTRIPE_VENV) scripts/setup.sh localstripe || [ "$$CI" != true ]

setup-bench:
	@VENV=$(BENCH_VENV) scripts/setup.sh bench

demo: setup ## Run the site with its demonstration data until Ctrl-C
	@DEMO=1 $(PY) -m charity_site.translations
	@DEMO=1 $(PY) manage.py demo $(ARGS)

test: setup-dev setup-localstripe ## The whole suite on SQLite, then again on PostgreSQL where there is one
	@$(PY) -m charity_site.translations
	@printf '\033[1m== on SQLite\033[0m\n'
	@env -u TEST_DATABASE_URL $(PY) -m pytest -n $(WORKERS) --dist worksteal --engine sqlite $(ARGS)
	@if [ -n "$$TEST_DATABASE_URL" ] || $(PY) -c 'from tests.engine import postgres_bin as found; raise SystemExit(not found())'; then \
		printf '\033[1m== on PostgreSQL\033[0m\n'; \
		$(PY) -m pytest -n $(WORKERS) --dist worksteal --engine postgres --only-database $(ARGS); \
	elif [ "$$CI" = true ]; then \
		printf '\033[1;31mPostgreSQL is required here: apt-get install postgresql\033[0m\n'; exit 1; \
	else \
		printf '\033[1;33mRan on SQLite ONLY: no PostgreSQL found. apt-get install postgresql, or set TEST_DATABASE_URL.\033[0m\n'; \
	fi

coverage: setup-dev setup-localstripe ## Which lines the suite runs, on SQLite (it makes the tests take twice as long)
	@$(PY) -m charity_site.translations
	@rm -f .coverage .coverage.*
	@env -u TEST_DATABASE_URL $(PY) -m pytest -n $(WORKERS) --engine sqlite --cov --cov-append --cov-report= $(ARGS)
	@$(VENV)/bin/coverage report --skip-covered --sort=cover

bench: setup-bench ## Measure the books beside peers and floors, write BENCHMARKS.md (SCALE=20000 for a quick look)
	@$(BENCH_VENV)/bin/python -m tests.bench $(ARGS)

lint: setup-dev ## Style, types and the import contract
	@$(PY) -m charity_site.translations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m django makemigrations --check --dry-run --settings tests.settings

format: setup-dev ## Format the code and sort its imports
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: setup-dev ## Compile requirements/*.in to pinned, hashed requirements/*.txt (needs uv: pip install uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	@for name in base dev bench localstripe; do \
		uv pip compile --universal --generate-hashes --no-strip-extras --python-version 3.11 --no-emit-index-url --no-header \
			requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

clean: ## Remove what tools leave behind; the virtual environment and var/ (your data) stay
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov screenshots
	find . -name __pycache__ -not -path './.venv*/*' -prune -exec rm -rf {} +
	find . -name '*.mo' -not -path './.venv*/*' -delete
