# Two commands do it all: `make demo` and `make test`. Each makes the environment first, in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test unit lab venv lock lint gallery

demo: venv  ## run the main job on the embedded default; prints a score table and the path of an HTML report
	$(BIN)/llamax-kit demo

test: venv  ## every test (those that need real data skip without it: see README)
	$(BIN)/python -m pytest -n 2 --dist loadfile

unit: venv  ## the fast tests alone
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/whole

lab: venv  ## JupyterLab on loopback, with its token
	$(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks

gallery: venv  ## every notebook executed on its defaults, for README and those who only look
	env -u LLAMAX_KIT_DATA $(BIN)/python -m llamax_kit.app.gallery

lint: venv  ## style, and that every module of the package says what it is
	$(BIN)/ruff check .
	$(BIN)/ruff check --select D100 llamax_kit  # every module begins by saying what it does

venv: .venv/.ready  ## the environment alone

.venv/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"llamax-kit needs Python 3.11 or later; this is {sys.version.split()[0]}. Name another: make PYTHON=python3.12 venv")'
	$(PYTHON) -m venv .venv
	@echo "Installing the packages of requirements.txt into .venv: about two gigabytes, two to ten minutes"
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -e .
	@# JupyterLab would ask the network for news and updates, and the user whether it may
	@$(BIN)/jupyter labextension disable --level=sys_prefix @jupyterlab/apputils-extension:announcements 2>/dev/null
	@touch $@

lock: venv  ## write the versions that are installed now into the one lock
	$(BIN)/python -m pip freeze --exclude-editable --exclude pip --exclude setuptools --exclude wheel | sed 's/+cpu$$//' > requirements.txt.new
	grep ' ; sys_platform' requirements.txt >> requirements.txt.new  # what other systems need besides
	mv requirements.txt.new requirements.txt
