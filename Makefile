# SPDX-License-Identifier: Apache-2.0
# `make demo` and `make test` do all of their own set-up.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NATIVE := $(shell find native -type f -not -path '*/tests/*' -not -path '*/fuzz/*')
PYTEST_ARGS ?= -n auto --dist loadfile
MUTATIONS ?= 100000

.PHONY: help setup demo test check lint ctest smoke bench mutations clean

help:
	@echo "make demo   read and verify an emulated CCCD through the PC/SC service"
	@echo "make test   everything below"
	@echo "make lint   ruff, mypy --strict, import contracts"
	@echo "make ctest  the C core's own tests under ASan and UBSan, and its secrets under valgrind"
	@echo "make check  the Python tests alone (PYTEST_ARGS=… to choose)"
	@echo "make smoke  the wheel, installed alone in an empty folder"
	@echo "make bench  each figure beside its limit"
	@echo "make mutations  100,000 mutations of each kind of file, a line each (MUTATIONS=… for another number)"

setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml scripts/system-packages.sh $(NATIVE)
	@PYTHON="$(PYTHON)" scripts/system-packages.sh
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setup: installing chipid and its tools into $(VENV)" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: setup
	@scripts/demo.sh

test: setup
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory ctest
	@$(MAKE) --no-print-directory smoke
	@$(MAKE) --no-print-directory check

check: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

ctest: setup
	$(BIN)/cmake -S native -B build/ctest -G Ninja -DCMAKE_MAKE_PROGRAM="$(CURDIR)/$(BIN)/ninja" -DCMAKE_BUILD_TYPE=Debug -DCHIPID_PYTHON=OFF -DCHIPID_SANITIZE=ON >/dev/null
	$(BIN)/cmake --build build/ctest
	$(BIN)/ctest --test-dir build/ctest --output-on-failure
	$(BIN)/cmake -S native -B build/valgrind -G Ninja -DCMAKE_MAKE_PROGRAM="$(CURDIR)/$(BIN)/ninja" -DCMAKE_BUILD_TYPE=Release -DCHIPID_PYTHON=OFF >/dev/null
	$(BIN)/cmake --build build/valgrind
	$(BIN)/ctest --test-dir build/valgrind -R '^secrets' --no-tests=error --output-on-failure

smoke: setup
	@scripts/smoke.sh

bench: setup
	$(BIN)/python benches/run.py
	$(BIN)/python benches/apdus.py
	$(BIN)/python benches/trust.py

mutations: setup
	CHIPID_MUTATIONS=$(MUTATIONS) $(BIN)/python -m pytest -q -n auto tests/properties/test_mutations.py

clean:
	rm -rf build dist demo-out $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
