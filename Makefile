# asbuilt: `make build` builds the program, `make test` builds and runs every test.

.PHONY: help demo build test conformance lint clean

help:
	@echo "make demo         see it work: one approved change on the simulated lab, start to record"
	@echo "make build        install what building needs, build the asbuilt program (release)"
	@echo "make test         install what the tests need, build, run every test"
	@echo "make conformance  compare TextFSM and templates with the real ones, try NETCONF clients"
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
	@Scripts/setup conformance
	@Scripts/conformance-textfsm
	@Scripts/conformance-netconf
	@Scripts/conformance

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Tests

clean:
	rm -rf .build
