# `make help` lists the targets. The work is in scripts/, one short file a target.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup demo test faults check bench growth measure-tasks measure-recognition measure-word pictures whole-round rehearse deadline-night image machines test-bucket backup restore audit lock format coverage fresh clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 15

setup: ## make .venv and node_modules from the lock files, check system libraries
	@scripts/setup.sh

demo: ## run the portal with demo data on http://127.0.0.1:8000 (PORT= changes it)
	@scripts/demo.sh

test: ## run every test: SQLite, browser, PostgreSQL, then a short bench (ARGS= goes to pytest)
	@scripts/test.sh

faults: ## run every test of faults in full, on SQLite and PostgreSQL, with its time
	@scripts/faults.sh

check: ## lint, formats, import contracts, migrations, deployment settings, diagram
	@scripts/check.sh

bench: ## measure the main pages on SQLite and PostgreSQL, print one table (BASE=COMMIT beside another build)
	@scripts/bench.sh

growth: ## measure pages and nightly jobs at 200 and at 100,000 applications of ten rounds (20 GB of disk)
	@scripts/setup.sh dev
	@scripts/with-postgres.sh .venv/bin/python -m scripts.growth $(ARGS)

measure-tasks: ## count clicks, typing, scrolling and bytes of six tasks (ARGS="--base COMMIT" beside another build)
	@scripts/setup.sh dev
	@.venv/bin/python -m scripts.measure_tasks.run $(ARGS)

measure-recognition: ## read made-up pages of known truth: share read, hints, cost, pages meanwhile (ARGS="--shift 5")
	@scripts/setup.sh dev
	@.venv/bin/python -m scripts.measure_recognition.run $(ARGS)

measure-word: ## read made-up Word forms of known truth: share right, cost (ARGS="--bare PYTHON" beside python-docx and mammoth)
	@scripts/setup.sh dev
	@.venv/bin/python -m scripts.measure_word $(ARGS)

pictures: ## make the pictures of the guides anew from the demo (static/guide)
	@scripts/setup.sh dev
	@.venv/bin/python scripts/pictures.py

whole-round: ## take 300 made-up applications from submission to publication, print times and queries
	@scripts/setup.sh dev
	@.venv/bin/python scripts/whole_round/run.py $(ARGS)

rehearse: ## the whole journey through nginx, two web servers, two workers, PostgreSQL and a bucket
	@scripts/rehearse.sh

deadline-night: ## the last two minutes before a round closes, 300 applicants (ARGS="--applicants 6 --seconds 15 --kill --sqlite")
	@scripts/deadline-night.sh $(ARGS)

image: ## build deploy/Dockerfile on bases made from Debian's packages, take the round through its containers (root)
	@scripts/image.sh

machines: ## the portal on seven machines (network namespaces) while one of them fails (root; ARGS="--only web,database")
	@scripts/machines.sh $(ARGS)

test-bucket: ## tests/test_bucket.py against OpenStack Swift's S3 instead of moto's (root; ARGS= goes to pytest)
	@scripts/setup.sh dev
	@scripts/with-swift.sh .venv/bin/python -m pytest tests/test_bucket.py $(ARGS)

backup: ## the database and every file into var/backups, while the portal runs (ARGS="--to DIR --keep 30")
	@scripts/backup.sh backup $(ARGS)

restore: ## FROM=var/backups/portal-... into an empty database and storage (ARGS=--check only checks)
	@scripts/backup.sh restore $(if $(FROM),$(FROM),$(error 缺少 FROM=，请写成：make restore FROM=var/backups/portal-...)) $(ARGS)

fresh: ## README's first commands in a minimal Debian 12, as root and as a plain user (ARGS=ci: .ci/run too)
	@scripts/fresh.sh $(ARGS)

audit: ## look for known vulnerabilities and unsafe code, list licences, write an SBOM to var/audit
	@scripts/audit.sh

coverage: ## run the tests on SQLite and report what they do not reach; fails below the threshold
	@scripts/setup.sh dev
	@.venv/bin/python -m pytest -n auto --cov --cov-report=term $(if $(ARGS),--cov-fail-under=0) $(ARGS)

lock: ## pin the packages that pyproject.toml and package.json ask for (ARGS=--upgrade)
	@scripts/lock.sh

format: ## rewrite Python in the house format
	@scripts/setup.sh dev
	@.venv/bin/python -m ruff check --fix --quiet . || true
	@.venv/bin/python -m ruff format .

clean: ## remove what was built; var/ (database, uploads, backups) stays
	rm -rf .venv .venv-audit node_modules var/static htmlcov .coverage .coverage.* .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
