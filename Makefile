# asbuilt: `make demo` shows it work, `make test` builds and runs every test.

.PHONY: help demo build test conformance lint clean

help:
	@echo "make demo         build, start the simulated lab, carry one approved change through all five phases"
	@echo "make test         install what the tests need, build, run every test"
	@echo "make build        build the asbuilt program (release)"
	@echo "make conformance  compare the template engine with real Jinja2 and Ansible code"
	@echo "make lint         check formatting"

demo:
	@Scripts/setup build
	@Scripts/demo

build:
	@Scripts/setup build
	swift build -c release --product asbuilt

test:
	@Scripts/setup test
	@Scripts/run-tests

conformance:
	@Scripts/setup test
	@Scripts/conformance

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build
