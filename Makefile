# thungan: `make demo` and `make test` set up all they need.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: pictures storm fraud carts fuzz package test-package packaging-tools help docs setup system demo test lint bench lock clean mutations

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

setup: $(READY) ## virtual environment with locked dependencies

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("thungan needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

system:
	@scripts/system-packages

demo: setup ## from a receipt on a serial line to the accepted invoice
	@$(BIN)/thungan demo

test: setup system ## all tests
	@$(BIN)/python -m pytest -n 2

lint: setup ## format, lint, types, import arrows
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

storm: setup ## crashes and power cuts on each route (STORM of them, 10000), nothing lost, nothing doubled
	@for route in $(or $(ROUTE),direct tvan provider); do \
		$(BIN)/python tests/storm/storm.py --crashes $(or $(STORM),10000) --route $$route || exit 1; done
	@THUNGAN_EXAMPLES=$(or $(EXAMPLES),400) THUNGAN_TROUBLES=3 $(BIN)/python -m pytest tests/outbox/test_outbox_machine.py tests/outbox/test_provider_machine.py tests/models

fraud: setup ## weeks of an honest shop and a crook, against what the audit report claims (SEEDS of them)
	@$(BIN)/python tests/audit/fraud_storm.py --seeds $(or $(SEEDS),3)

carts: setup ## random sales against every sum (CARTS of them)
	@$(BIN)/python tests/invoice/cart_storm.py --carts $(or $(CARTS),200000)

fuzz: setup ## every parser of foreign bytes, FUZZ_SECONDS each (600)
	@$(BIN)/python -m pip install -q --disable-pip-version-check atheris 2>/dev/null || echo "no atheris here: inputs are mutated blindly"
	@$(BIN)/python tests/fuzz/fuzz.py --seconds $(or $(FUZZ_SECONDS),600)

mutations: setup ## every single damage to every receipt: never another total
	@$(BIN)/python tests/drivers/mutations.py

pictures: setup system ## receipts drawn as pictures (PICTURES of them, 200): exact or quarantined, never wrong
	@PYTHONPATH=tests/drivers $(BIN)/python tests/drivers/picture_storm.py --receipts $(or $(PICTURES),200)

bench: setup ## speed, as ratios
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.capture
	@$(BIN)/python -m bench.signing
	@$(BIN)/python -m bench.api

package: setup packaging-tools ## Debian package and programs of one file (in build/package)
	@$(BIN)/python -m installer.package $(if $(TWICE),--twice)

test-package: setup packaging-tools ## the package's life in a clean Debian (root only)
	@$(BIN)/python -m installer.try_package

packaging-tools:
	@scripts/system-packages packaging

docs: setup ## what is made from the table of fields: XSD and docs page
	@$(BIN)/python -m invoice.describe

lock: ## resolve the dependencies again (needs uv)
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --custom-compile-command "make lock" -q -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml --extra dev --custom-compile-command "make lock" -q -o requirements-dev.lock

clean: ## remove what make made
	rm -rf .venv build *.egg-info
