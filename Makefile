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

# Role adapters from the backbone alone: stage 1 on bundled and invented documents, in calm weather and
# in storms; then the roles, on what the solver makes of the student's failures and as much of its own
# (an hour and a half where the processor computes in bfloat16, four to six hours else).
# With WAVETANK_CORPUS set, requests that people wrote are added.
READ := bank billing calendar fleet forum helpdesk inventory travel
WORLDS := build/worlds
UNREAD := build/unread
COLLECT := $(BIN)/wavetank collect --share-tools --store build
adapters: $(STAMP)
	$(BIN)/wavetank model pull
	rm -rf build/adapters build/stage1 build/*.db $(WORLDS) $(UNREAD) && mkdir -p build
	$(BIN)/wavetank invent -n 512 --seed 11 --out $(WORLDS)
	$(COLLECT)/stage1.db $(WORLDS)/*-*.json -n 3072 --seed 0
	$(COLLECT)/stage1.db $(READ) -n 192 --seed 0
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*00[0-4]0?.json --agent scripted:stumbler -n 290 --seed 1
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*003[123]?.json --faults H01,T03 -n 114 --seed 3
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*004[123]?.json --faults flaky -n 114 --seed 4
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*001[123]?.json --faults ambiguous-writes -n 114 --seed 1
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*002[123]?.json --faults limits -n 114 --seed 2
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*003[123]?.json --faults auth -n 114 --seed 3
	$(COLLECT)/stage1.db $(READ) $(WORLDS)/*00[012]5?.json --drift drift-announced -n 114 --seed 8
	$(BIN)/wavetank train --store build/stage1.db --recipe single --tokens 900000 --longest 900 \
	  --learning-rate 1.5e-3 $(if $(WAVETANK_CORPUS),--natural 1000) --out build/stage1
	$(BIN)/wavetank invent -n 64 --seed 71 --out $(UNREAD)
	$(COLLECT)/student.db $(UNREAD)/*-*.json --agent checkpoint:build/stage1 -n 128 --seed 71
	$(COLLECT)/student.db $(UNREAD)/*-*.json --agent checkpoint:build/stage1 --faults flaky -n 64 --seed 72
	$(BIN)/wavetank correct --store build/student.db --into build/roles.db
	$(COLLECT)/roles.db $(UNREAD)/*-*.json -n 320 --seed 73
	$(COLLECT)/roles.db $(UNREAD)/*-*.json --agent scripted:stumbler -n 64 --seed 74
	$(COLLECT)/roles.db $(UNREAD)/*-*.json --faults flaky -n 64 --seed 75
	$(BIN)/wavetank train --store build/roles.db --start build/stage1 --role-share 1 --tokens 90000 \
	  --longest 900 --learning-rate 4e-4 --seed 1 --out build/adapters
	rm -rf agent/backends/local/bundled && mv build/adapters agent/backends/local/bundled

clean:
	rm -rf $(VENV) build dist out
