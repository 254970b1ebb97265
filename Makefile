# Thin on purpose: each line is a command that you could type yourself.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup demo test check bench bench-limits bench-reps bench-speech bench-gpu bench-spoken bench-outcomes bench-report simulate dictionary clean bench-ops bench-weekly setup-hashed hashes prove-forget licences bench-serve bench-cluster bench-sizing

setup: .venv/ready                      ## .venv with everything, models assembled and checked

.venv/ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.3,<26"
	# torch first: it is the one package whose build (CPU or GPU) you may want to choose yourself
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet -c requirements.lock torch
	$(BIN)/python -m pip install --quiet -c requirements.lock --editable ".[dev,cluster]"
	$(BIN)/convintel models pull
	touch $@

setup-hashed:                           ## the same, every package but torch checked by SHA-256 (Linux x86-64, Python 3.11)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements.hashed
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet -c requirements.lock torch
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	$(BIN)/convintel models pull
	touch .venv/ready

hashes:                                 ## requirements.hashed from the lock
	$(BIN)/python docs/hashes.py > requirements.hashed

demo: setup                             ## the sample company, from recordings to coaching pages
	$(BIN)/convintel demo demo

test: setup check                       ## everything that CI runs
	-bash tests/vendor.sh                  # axe-core for the browser tests, which say so when it is not there
	$(BIN)/python -m pytest

check: setup                            ## format, lint, types, the line through the code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.audit            # says so when its database cannot be reached

prove-forget: demo                      ## people of the sample company forgotten; every byte searched for them
	$(BIN)/python -m tests.prove_forget demo

licences: setup                         ## docs/licences.md from the lock, packages' metadata and models.toml
	$(BIN)/python docs/licences.py > docs/licences.md

bench: setup                            ## speed, side by side in one run
	$(BIN)/python -m tests.bench

bench-speech: setup                     ## words against faster-whisper as its README shows, same model and files
	$(BIN)/python -m tests.bench_speech

bench-gpu: setup                        ## one GPU for all workers beside the cores: seconds, word errors, same words
	$(BIN)/python -m tests.bench_gpu

bench-limits: setup                     ## damaged files, half hours without speech, three hours of stereo
	$(BIN)/python -m tests.bench_limits

bench-reps: setup                       ## the rep known by voice on one channel, and nobody else taken for them
	$(BIN)/python -m tests.bench_reps

bench-spoken: setup                     ## what recognition costs the reader of objections and next steps
	$(BIN)/python -m tests.bench_spoken

simulate: setup                         ## what the statistics are worth on teams whose truth is known; docs/statistics.md
	$(BIN)/python -m tests.simulation

bench-outcomes: setup                   ## themes and outcomes at the sizes they are made for
	$(BIN)/python -m tests.simulation.scale

dictionary: setup                       ## docs/data.md from the schemas
	$(BIN)/python -m convintel.tables.dictionary > docs/data.md

bench-report: setup                     ## a report for 60 reps and 5,000 calls from a generated store
	$(BIN)/python -m tests.bench_report bench-report

bench-ops: setup                        ## kill -9, two runs at once, hostile inputs, each at full size; docs/operations.md
	$(BIN)/python -m tests.operations all

bench-weekly: setup                     ## a Monday with 50,000 and 100,000 calls in the store
	$(BIN)/python -m tests.operations.weekly

bench-serve: setup                      ## serve against a real server: restarts, kills, missed Mondays, failures
	$(BIN)/python -m tests.bench_serve

bench-cluster: setup                    ## a Dask cluster that loses a worker, beside this machine alone
	$(BIN)/python -m tests.bench_cluster

bench-sizing: setup                     ## what an hour of audio costs; docs/sizing.md
	$(BIN)/python -m tests.bench_sizing

clean:
	rm -rf .venv demo bench-report bench-weekly
