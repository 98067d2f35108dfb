# Every target does its own set-up: .venv is made once from requirements.lock. Only Python 3.11 or newer and make are
# needed. Another interpreter: make test PYTHON=python3.13
PYTHON ?= python3
# More than there are cores: the tests that kill proxies and lock databases mostly wait.
WORKERS ?= 3

BIN := .venv/bin
READY := .venv/.ready

# Without compiled files every process that the tests start would compile the libraries again.
unexport PYTHONDONTWRITEBYTECODE
# The program under test must not meet the settings of whoever runs make.
unexport TOKENMON_HOME TOKENMON_DATABASE_URL

.PHONY: demo test lint format bench completions pictures snapshots lock clean
.DEFAULT_GOAL := demo

demo: $(READY)
	@$(BIN)/tokenmon demo

test: $(READY)
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)
	@$(BIN)/python benchmarks/proxy.py $(ARGS)

completions: $(READY)
	@$(BIN)/python scripts/completions.py

pictures: $(READY)
	@$(BIN)/python scripts/pictures.py

# The dashboard looks as it shall: from now on tests compare with this.
snapshots: $(READY)
	@ACCEPT_SNAPSHOTS=1 $(BIN)/python -m pytest -n $(WORKERS) tests/tui/test_snapshots.py

# Resolves anew for every platform; addresses of package registries stay out of the file.
lock:
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv
	@$(BIN)/uv pip compile pyproject.toml --group dev --extra bedrock --extra postgres --universal --python-version 3.11 \
		--generate-hashes --upgrade --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--quiet --output-file requirements.lock > /dev/null

clean:
	rm -rf .venv .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'tokenmon needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.13' >&2; exit 2; }
	@echo 'Setting up .venv (once; a minute or two) ...' >&2
	@$(PYTHON) -m venv .venv || { echo 'On Debian and Ubuntu: apt install python3-venv' >&2; exit 2; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
