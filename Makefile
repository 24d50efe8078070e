# make repro            set up, reproduce the mnist pipeline, print its scores and the paths of its pictures
# make repro NAME=imdb  the same for another pipeline of params.yaml;  make all: every pipeline
# make test             what everything does, in some minutes (make test-unit: the quick ones, in seconds);  make lint: ruff and mypy
# make test-faults      breaks processes, disks and files;  make test-sharing: remotes of DVC;  make test-sweeps: queues and searches;
#                       make test-pipelines: kinds and recipes added, projects migrated;  make test-statistics: simulations
#                       make test-cases: files as people have them; make test-tiers: these five
# make docs             the site into docs/_build, without a network;  make course: run the chapters that have changed
# make gpu-check        tests, bits and speed on an NVIDIA card, as a report to paste; some 15 minutes
# make guard           is dvc.lock that of the committed code and params?
# make lock             resolve requirements.lock again; make lock UPGRADE=--upgrade takes the newest of everything
NAME ?= mnist
PYTHON ?= python3
# uv reads no pip settings, so nothing but the lock's hashes decides which build is installed.
UV = $(shell command -v uv 2>/dev/null || echo .venv/bin/uv)
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export OMP_WAIT_POLICY := PASSIVE
# Where this is set, each stage would compile some thousand modules again: seconds of each of its starts.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: repro all of-today setup test test-unit test-faults test-cases test-pipelines test-sharing test-statistics test-sweeps test-tiers lint format guard docs course gpu-check lock clean

repro: setup of-today
	dvc repro evaluate@$(NAME)
	kassandra report $(NAME)

all: setup of-today
	kassandra repro
	kassandra report

# DVC would say that a key is missing, and not what to do about it.
of-today:
	@! grep -Eq '^[^#]*[ {]task: *[^{ #]' params.yaml || { echo 'params.yaml is of Kassandra 0.1.0: run `kassandra migrate`' >&2; exit 1; }

setup: .venv/.installed

.venv/.installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Kassandra needs Python 3.11 or newer; $(PYTHON) is "+sys.version.split()[0]+": make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@echo 'Setting up .venv: some minutes and 5.4 GB of disk, most of it the CUDA parts of PyTorch'
	@echo '(the CPU build is smaller: docs/installing.md). Nothing is written outside .venv but the cache of the installer.'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	command -v uv >/dev/null || .venv/bin/pip install --quiet --disable-pip-version-check "$$(grep -o "^uv==[0-9.]*" requirements.lock)"
	VIRTUAL_ENV=.venv $(UV) pip sync --quiet --require-hashes requirements.lock
	VIRTUAL_ENV=.venv $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# The tiers that `make test` leaves out, each a marker and a target of its own.
REST = not (faults or cases or pipelines or sharing or statistics or sweeps)

test: setup
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "$(REST)"

test-unit: setup
	python -m pytest -n 2 --dist loadfile -m "not slow and $(REST)"

test-faults: setup
	python -m pytest -n 2 --dist loadgroup -m faults

test-pipelines: setup
	python -m pytest -n 2 --dist loadfile -m pipelines

test-cases: setup
	python -m pytest -n 2 -m cases

# The last five at once, so that both workers have something to do to the end.
test-tiers: setup
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "cases or pipelines or sharing or statistics or sweeps"

test-statistics: setup
	python -m pytest -n 2 -m statistics

test-sharing: setup
	python -m pytest -n 2 --dist loadfile -m sharing

test-sweeps: setup
	python -m pytest -n 2 --dist loadfile -m sweeps

lint: setup
	ruff format --check
	ruff check
	mypy

format: setup
	ruff format
	ruff check --fix

guard: setup
	.ci/stale-lock-guard

docs: setup
	python -m sphinx -q -W --keep-going -b html docs docs/_build
	@echo "docs/_build/index.html"

gpu-check: setup
	dvc repro $(foreach name,mnist imdb shakespeare sp500 fsdd tatoeba,prepare@$(name))
	python -m pytest -n 0 tests/training/test_fingerprint.py tests/lstm/test_variants.py -k cuda
	python -m benchmarks.gpu

course: setup
	python docs/course/execute.py

lock: setup
	VIRTUAL_ENV=.venv $(UV) pip compile pyproject.toml --quiet --all-extras --universal --python-version 3.11 \
	  --generate-hashes $(UPGRADE) --custom-compile-command "make lock" --output-file requirements.lock

clean:
	rm -rf .venv .checkpoints .pytest_cache .mypy_cache .ruff_cache
