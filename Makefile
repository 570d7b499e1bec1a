# Two commands matter: `make demo` and `make test`. CONTRIBUTING.md explains the others.
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
# more than twice as many as cores: half of the time a test waits for a process or a browser
PYTEST := $(BIN)/pytest -n 6 --dist loadgroup

# The tests start some hundred processes: each would compile our sources anew where Python is told to keep nothing
unexport PYTHONDONTWRITEBYTECODE

# the oldest pip that comes with a Python we support, by its hash
OLD_PIP := pip==23.0.1 --hash=sha256:236bcb61156d76c4b8a05821b988c7b8c35bf0da28a4b614e8d6ab5212c25c6f

.PHONY: setup setup-old-pip demo test coverage test-services contract check types style screenshots bench figures messages vendor lock clean

setup: $(VENV)/ready-dev

# what runs the product
$(VENV)/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	touch $@

# what develops it
$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

# the same once more in an environment that is thrown away, from the locked files alone, by an old pip (which no later Python runs)
setup-old-pip:
	@if $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then echo "Python 3.11 alone comes with so old a pip: skipped"; exit; fi; \
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder/venv" && echo '$(OLD_PIP)' >"$$folder/pip.txt" && \
	"$$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$$folder/pip.txt" && \
	PIP_NO_COMPILE=1 $(MAKE) --no-print-directory setup VENV="$$folder/venv" && \
	"$$folder/venv/bin/python" -m pip check

demo: $(VENV)/ready
	@exec $(BIN)/python -m dashboard.demo --port $(PORT)

# types take one core half a minute on a clean checkout; the other one does all else meanwhile, with a cache of its own
check: setup
	@$(MAKE) --no-print-directory --jobs=2 types style

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/djlint --lint --quiet templates
	@arrows=$$($(BIN)/lint-imports --no-logo --no-cache) || { echo "$$arrows"; exit 1; }
	$(BIN)/oxlint --deny-warnings --quiet static/js
	$(BIN)/mypy --config-file sandbox/mypy.ini --cache-dir .mypy_cache/sandbox sandbox
	$(BIN)/python manage.py makemigrations --check --dry-run --verbosity 0

test: check
	$(PYTEST)

# which lines and branches the tests reach; slower, so not a part of `make test`
coverage: setup
	$(PYTEST) --cov --cov-report=term

# the same suite on PostgreSQL and Redis; the browser tests drive embedded parts and are not run again
test-services: setup
	DATABASE_URL="$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/postgres}" CACHE_URL="$${CACHE_URL:-redis://127.0.0.1:6379/9}" \
		$(PYTEST) -m "not e2e"

# fresh sandboxes against the recordings of real Difys; the last lines are the figures
contract: setup
	@$(BIN)/python -m tests.contract

screenshots: setup
	$(BIN)/python -m tests.e2e.screenshots

bench: setup
	$(BIN)/python -m benchmarks

# how the house keeps to its own measures
figures: setup
	@$(BIN)/python -m benchmarks.house

# the messages of each language in locale/, and their compiled form; needs GNU gettext
messages: setup
	$(BIN)/python manage.py makemessages --all --no-location --ignore .venv --ignore tests --ignore sandbox --ignore benchmarks
	$(BIN)/python manage.py makemessages --all --no-location --domain djangojs --ignore .venv --ignore vendor --ignore staticfiles
	$(BIN)/python manage.py compilemessages --ignore .venv

vendor: setup
	$(BIN)/python manage.py vendor

# write the locked requirement files anew
lock: setup
	$(BIN)/uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile --quiet --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) data staticfiles
