# make          set up and run the main job: the ten claims, each tested in worlds that fit the case
# make test     set up and run the tests          make test-slow   the statistical checks over many runs
# make install  set up the program alone           make docs        build the documentation into docs/_build/html
# make lint     formatting, style and types       make lock        re-make requirements/*.txt (needs uv)
# make bench    speed and scale against others, some ten minutes on two cores (BENCH=--long: an hour or two)
#
# Anything on the right of an = can be given: make test PYTHON=python3.12 VENV=.venv-3.12

VENV    ?= .venv
WORKERS ?= 2
UV      ?= uv

# The first Python that can make a virtual environment, of those the locked requirements are for.
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13; do \
    $$p -c 'import ensurepip, venv' >/dev/null 2>&1 && { echo $$p; exit; }; done; echo python3)
endif
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

IN  := $(VENV)/bin/python -m
PIP := $(IN) pip --quiet --disable-pip-version-check --no-input

.NOTPARALLEL:
.PHONY: demo install test test-slow lint bench docs setup lock

demo: $(VENV)/.ready-run
	$(VENV)/bin/flywheel propositions

install: $(VENV)/.ready-run

test: setup
	$(IN) pytest -n $(WORKERS)

test-slow: setup
	$(IN) pytest -n $(WORKERS) -m slow

lint: setup
	$(IN) ruff check .
	$(IN) ruff format --check .
	$(IN) mypy

bench: setup
	$(IN) benchmarks.bench $(BENCH)

# Does what tutorial and how-tos say, then builds the site; any warning is an error.
docs: $(VENV)/.ready-docs
	$(VENV)/bin/python docs/site/blocks.py $(PAGES)
	$(IN) sphinx --fail-on-warning --keep-going --quiet docs docs/_build/html

setup: $(VENV)/.ready-dev

# A virtual environment belongs to one Python: asking for another one makes it anew.
$(VENV)/.python-$(VERSION):
	@case '$(VERSION)' in 3.11|3.12|3.13) ;; *) \
	    echo 'flywheel needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $(or $(VERSION),no Python that runs). Name one: make PYTHON=/path/to/python3.12' >&2; exit 1;; esac
	@if [ -e '$(VENV)' ] && [ ! -e '$(VENV)/pyvenv.cfg' ]; then \
	    echo '$(VENV) exists and is no virtual environment: choose another VENV.' >&2; exit 1; fi
	$(PYTHON) -m venv --clear '$(VENV)'
	@touch $@

$(VENV)/.ready-%: requirements/%.txt pyproject.toml experiments/door.py $(VENV)/.python-$(VERSION)
	@echo 'Installing the locked requirements into $(VENV), once: a minute or so.'
	@$(PIP) install --require-hashes --only-binary :all: --requirement $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# Keeps what is pinned and still fits; UVFLAGS=--upgrade takes the newest of everything.
COMPILE = $(PYTHON) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
    | $(UV) pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-annotate \
      --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UVFLAGS) pyproject.toml -
lock:
	$(COMPILE) --output-file requirements/run.txt
	$(COMPILE) --output-file requirements/dev.txt --constraints requirements/run.txt --group dev
	$(COMPILE) --output-file requirements/docs.txt --constraints requirements/dev.txt --group docs
