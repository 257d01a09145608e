# Front door: `make help`. Only make and Python 3.11 or newer are assumed; everything else goes into .venv/.
SHELL := /bin/sh
BIN := .venv/bin
STAMP := .venv/.complete
PEERS := .venv/.peers
PYTHON ?=
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK = 1

# The stamp names the folder it was made in: an interrupted, copied or moved environment, or one whose Python is gone,
# does not count and is made anew.
ifneq ($(shell test -x $(BIN)/python && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif
.PHONY: help run up api test fuzz fault-test cluster-test compose-test audit lint format lock setup bench docs revision clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile
	@echo 'Options: ARGS="..." is handed to the command (make run ARGS=--dry-run), PYTHON=... picks the interpreter.'

run: $(STAMP) ## Materialise what is stale and show the result (movierec run)
	@$(BIN)/movierec run $(ARGS)

up: $(STAMP) ## Start the Dagster UI, its daemon and the web API (movierec up)
	@$(BIN)/movierec up $(ARGS)

api: $(STAMP) ## Start the web API with the explorer page alone (movierec api)
	@$(BIN)/movierec api $(ARGS)

test: $(STAMP) ## Run every test that this machine has the parts for
	@$(BIN)/pytest $(ARGS)

fuzz: $(STAMP) ## Ask the web API thousands of generated requests (make test asks some hundred)
	@MOVIEREC_TEST_SCHEMATHESIS_EXAMPLES=10 $(BIN)/pytest --timeout=3600 movierec_assets_tests/api/test_schemathesis.py $(ARGS)

fault-test: $(STAMP) ## Kill every part 200 times while readers look on, and more faults (make test makes eight)
	@MOVIEREC_TEST_FAULTS=$${MOVIEREC_TEST_FAULTS:-200} MOVIEREC_TEST_FAULT_SECONDS=$${MOVIEREC_TEST_FAULT_SECONDS:-2400} \
	    MOVIEREC_TEST_FAULT_RESULTS=benchmarks/results \
	    $(BIN)/pytest -s --timeout=7200 movierec_assets_tests/faults movierec_assets_tests/operations/test_secrets.py $(ARGS)

audit: $(STAMP) ## Look for known vulnerabilities of the locked packages
	@$(BIN)/python .ci/audit $(ARGS)

compose-test: $(STAMP) ## Build docker-compose.yml's images, start it, kill each container, and print the seconds
	@MOVIEREC_TEST_REQUIRE=docker,browser $(BIN)/pytest -s --quiet movierec_assets_tests/compose $(ARGS)

cluster-test: $(STAMP) ## Run the whole graph on an Apache Spark cluster with S3, and lose a worker
	@MOVIEREC_TEST_REQUIRE=java,s3,cluster $(BIN)/pytest movierec_assets_tests/test_cluster.py $(ARGS)

lint: $(STAMP) ## Check style, formatting and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@echo 'lint: clean'

format: $(STAMP) ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

setup: $(STAMP) ## Build the environment in .venv/ (the other targets do it when needed)
	@echo "Environment ready in .venv"

lock: $(STAMP) ## Compile requirements.lock, that of the image and that of the benchmarks (ARGS=--upgrade for newer versions)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    --quiet $(ARGS) --output-file requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --constraint requirements.lock --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	    --quiet $(ARGS) --output-file requirements-run.lock
	@$(BIN)/uv pip compile benchmarks/requirements.in --constraint requirements.lock --universal \
	    --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command 'make lock' --quiet $(ARGS) --output-file benchmarks/requirements.lock
	@! grep -n '://' requirements.lock requirements-run.lock benchmarks/requirements.lock || { echo 'a lock names a host: see above'; exit 1; }

bench: $(PEERS) ## List the benchmarks, or run one on generated data (ARGS="recommender --ratings 1e7")
	@$(BIN)/python -m benchmarks $(ARGS)

docs: $(STAMP) ## Draw the README's picture and tables anew from the definitions
	@$(BIN)/python -m docs.generate

revision: $(STAMP) ## Draft the next migration from the registry (ARGS="what changes")
	@$(BIN)/python -m movierec_assets.operations.revising "$(ARGS)"

clean: ## Remove the environment and caches; data in .movierec/ stays
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .hypothesis build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Not with the rest: where SciPy is installed, numba imports it, which makes each run slower.
$(PEERS): benchmarks/requirements.lock $(STAMP)
	@$(BIN)/python -m pip --quiet --no-input install --no-deps --require-hashes --requirement $<
	@touch $@

$(STAMP): requirements.lock pyproject.toml
	@PYTHON='$(PYTHON)' sh .ci/environment
