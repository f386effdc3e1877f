.PHONY: format lint type test test-fast weights

format:
	ruff check --fix . && ruff format .

lint:
	ruff check . && ruff format --check . && lint-imports

type:
	mypy src tests examples benchmarks scripts

test:
	bash scripts/test

test-fast:
	bash scripts/test -m "not slow"

weights:
	python scripts/weights.py .weights
