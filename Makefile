# `make demo` and `make test` do all their own set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check wheel-test soak bench clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[local,mcp,ray,postgres,export,eval,frameworks,fuzz,dev]'
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/wavetank model pull
	$(BIN)/wavetank demo --out out/demo

test: $(STAMP)
	$(BIN)/wavetank model pull
	$(BIN)/pytest -q

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tests once more, against the built wheel in an environment of its own.
wheel-test: $(STAMP)
	rm -rf dist build/wheel
	$(BIN)/python -m build --wheel --outdir dist . > build.log 2>&1 || (cat build.log; exit 1)
	$(PYTHON) -m venv build/wheel
	build/wheel/bin/pip install -q --disable-pip-version-check -c constraints.txt "$$(ls dist/*.whl)[local,mcp,ray,postgres,export,eval,frameworks,fuzz,dev]"
	rm -rf build/tests && mkdir -p build/tests && cp -r tests pyproject.toml README.md ARCHITECTURE.md build/tests/
	cd build/tests && ../wheel/bin/pytest -q -p no:cacheprovider -m "not bench and not soak and not model"

soak: $(STAMP)
	$(BIN)/pytest -q -m soak

bench: $(STAMP)
	$(BIN)/pytest -q -m bench -s

clean:
	rm -rf $(VENV) build dist out
