# Two commands for a newcomer: `make run` and `make test`. Everything else is for those who develop or deploy.
PYTHON ?= python3
BIN := .venv/bin
FLASK := $(BIN)/flask --app hub

.PHONY: run test test-spark bench lint install messages lock clean

run: install
	@$(FLASK) hub prepare
	@$(FLASK) hub work & worker=$$!; $(BIN)/gunicorn & web=$$!; \
	trap 'kill $$worker $$web 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM; wait $$web

test: install .venv/test.done
	@$(BIN)/python -m tests.tools
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

# PySpark lies apart, where only this target looks: it is large, needs Java 17 and slows no other test down.
test-spark: install .venv/test.done .venv/spark.done
	@PYTHONPATH=.venv/spark $(BIN)/python -m pytest tests/impact/test_spark.py $(ARGS)

.venv/spark.done: requirements-spark.lock .venv/packages.done
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target .venv/spark -r requirements-spark.lock
	@touch $@

bench: install .venv/test.done
	@$(BIN)/python -m tests.bench $(ARGS)

lint: .venv/test.done
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/lint-imports

# What a deployment needs: the locked packages, the compiled translations and the compressed assets.
install: .venv/packages.done .venv/words.done .venv/assets.done

.venv/packages.done: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Serve Python 3.11 o successivo. / Python 3.11 or newer is needed."; exit 1; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { rm -rf .venv; echo "Manca il modulo venv: su Debian e Ubuntu installa il pacchetto python3-venv. / The venv module is missing: on Debian and Ubuntu install python3-venv."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/words.done: .venv/packages.done $(wildcard hub/translations/*/LC_MESSAGES/messages.po)
	@$(BIN)/pybabel --quiet compile --directory hub/translations
	@touch $@

.venv/assets.done: .venv/packages.done $(shell find hub/static -type f ! -name '*.gz' ! -name '*.br')
	@$(BIN)/python -m whitenoise.compress --quiet hub/static
	@touch $@

.venv/test.done: requirements-test.lock .venv/packages.done
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

# The catalogue of words: Italian in the source, English in hub/translations/en.
messages: .venv/packages.done
	@$(BIN)/pybabel --quiet extract -F .ci/babel.cfg -k Refusal -k Conflict -k _l -k lazy_gettext --no-location --sort-output --omit-header -o hub/translations/messages.pot hub
	@$(BIN)/pybabel --quiet update -i hub/translations/messages.pot -d hub/translations -l en --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@sed -i -E '/^"(Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):/d' hub/translations/en/LC_MESSAGES/messages.po

lock:
	@uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	@uv pip compile pyproject.toml --group test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-test.lock
	@uv pip compile pyproject.toml --only-group spark --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q -o requirements-spark.lock

clean:
	rm -rf .venv instance
