# Every command that a developer types; `make` alone lists them.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Python 3.11 or newer, under whatever name it has here.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# Whatever is no command of the above.
.DEFAULT:
	@printf "error: there is no command '%s'\n  hint: make help\n" "$@" >&2; exit 2

.PHONY: help up down logs reload test check fuzz bench truststore build deploy python

help: ## list these commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

up: python ## start the stack in the background and say what to type next (MODE, ALB_PORT, MTLS_MODE)
	@$(PYTHON) -m stack up

down: python ## stop it; the certificates stay
	@$(PYTHON) -m stack down

logs: python ## show the logs and follow them
	@$(PYTHON) -m stack logs

reload: python ## take a new truststore; a broken one is refused and the old one stays in force
	@$(PYTHON) -m stack reload

test: python ## run every test that this machine can run (ARGS="-k name" for some; JOBS=1 one at a time)
	@$(PYTHON) -m stack test
	@.venv/bin/pytest -n $(or $(JOBS),2) --dist loadgroup $(ARGS)

check: python ## ruff and mypy
	@$(PYTHON) -m stack venv
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy

fuzz: python ## spoiled bytes for every parser that strangers reach (INPUTS=200000)
	@$(PYTHON) -m stack venv
	@.venv/bin/python -W ignore -m tests.fuzz $(or $(INPUTS),200000)

bench: python ## measure against bare parts, and write docs/performance.md
	@$(PYTHON) -m stack venv
	@.venv/bin/python -m bench

truststore: python ## check the truststore, and pack it for AWS (TRUSTSTORE=path for another than .pki/truststore.pem)
	@$(PYTHON) -m stack venv
	@.venv/bin/python -m aws truststore pack $(if $(TRUSTSTORE),"$(TRUSTSTORE)") $(ARGS)

build: python ## build the function for AWS (ARGS="--set Architecture=x86_64"; TRUSTSTORE=none if one is in S3)
	@$(PYTHON) -m stack sam
	@.venv/bin/python -m aws build $(ARGS)

deploy: python ## check, build and deploy to AWS, and see whether it works (ARGS="--set DomainName=api.example.com")
	@$(PYTHON) -m stack sam
	@.venv/bin/python -m aws deploy $(ARGS)

python:
	@test -n "$(PYTHON)" || { printf 'error: no Python 3.11 or newer was found (%s)\n  hint: apt-get install python3 (or: brew install python3)\n' \
		"$$(python3 --version 2>&1 | head -n 1)" >&2; exit 1; }
