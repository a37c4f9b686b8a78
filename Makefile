# `make demo` and `make test` do all their own set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check wheel-test kills soak proofs bench adapters clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[local,mcp,ray,postgres,export,eval,frameworks,fuzz,dev]'
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/wavetank model pull
	$(BIN)/wavetank demo --out out/demo

test: $(STAMP)
	$(BIN)/wavetank model pull
	$(BIN)/pytest -q -n 2

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
	cd build/tests && ../wheel/bin/pytest -q -n 2 -p no:cacheprovider -m "not bench and not soak and not model"

# The short part of the long proofs: a fifth of the kills of `collect` and of `serve --state`, orders.
kills: $(STAMP)
	$(BIN)/pytest -q -m soak -k "not entirely" tests/agent/test_kill.py tests/agent/cli/test_state_kills.py \
	  tests/trajectories/test_store_kills.py tests/sandbox/faults/test_order.py

soak: $(STAMP)
	$(BIN)/pytest -q -m soak

# What is judged is true: over the corpus and the bundled documents; kills and loads; mutants (hours).
proofs: $(STAMP) soak
	$(BIN)/python -m tests.proofs.truth
	$(BIN)/python -m tests.proofs.teacher
	$(BIN)/python -m tests.proofs.planted
	$(BIN)/python -m tests.proofs.witness
	$(BIN)/python -m tests.proofs.services
	$(BIN)/python -m tests.proofs.mutation

bench: $(STAMP)
	$(BIN)/pytest -q -m bench -s

# Role adapters from the backbone alone, on every bundled document but the demo's and on invented
# ones (an hour where the processor computes in bfloat16, three to four else).
# With WAVETANK_CORPUS set, rows that people wrote are added.
READ := bank billing calendar fleet forum helpdesk inventory travel
WORLDS := build/worlds
COLLECT := $(BIN)/wavetank collect --store build/adapters.db --share-tools
adapters: $(STAMP)
	$(BIN)/wavetank model pull
	rm -rf build/adapters build/adapters.db $(WORLDS) && mkdir -p build
	$(BIN)/wavetank invent -n 72 --seed 11 --out $(WORLDS)
	$(COLLECT) $(WORLDS)/*-*.json -n 648 --seed 0
	$(COLLECT) $(READ) -n 192 --seed 0
	$(COLLECT) $(READ) $(WORLDS)/*0000?.json --agent scripted:stumbler -n 96 --seed 1
	$(COLLECT) $(READ) $(WORLDS)/*0001?.json --faults H01,T03 -n 96 --seed 2
	$(COLLECT) $(READ) $(WORLDS)/*0002?.json --faults flaky -n 48 --seed 3
	$(COLLECT) $(READ) --drift D01,D03 -n 48 --seed 4
	$(BIN)/wavetank train --store build/adapters.db --tokens 810000 --longest 750 \
	  $(if $(WAVETANK_CORPUS),--natural 1000) --out build/adapters
	rm -rf agent/backends/local/bundled && mv build/adapters agent/backends/local/bundled

clean:
	rm -rf $(VENV) build dist out
