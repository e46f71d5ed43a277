"""Reads the same texts with the same templates with TextTables and with Google's textfsm, in one run, and prints CPU times.

    compare.py [--repeat N] PROGRAM CASES

PROGRAM is the release `asbuilt-conformance`, CASES a file of `Tests/Conformance/textfsm/cases.py` (parse.jsonl). Each case
is read N times (default 20); a template is compiled once. Needs textfsm. Prints lines a second and the ratios.
"""
import argparse
import io
import json
import subprocess
import time

import textfsm


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--repeat", type=int, default=20)
    arguments.add_argument("program")
    arguments.add_argument("cases")
    options = arguments.parse_args()
    with open(options.cases) as file:
        cases = [json.loads(line) for line in file]
    # A rule that backtracks for seconds measures the two expression engines, not the reading of text.
    pairs = []
    for case in cases:
        fsm = textfsm.TextFSM(io.StringIO(case["template"]))
        begin = time.process_time()
        try:
            fsm.ParseText(case["raw"])
        except textfsm.TextFSMError:
            continue
        if time.process_time() - begin < 0.2:
            pairs.append({"template": case["template"], "raw": case["raw"] * options.repeat})
    lines = sum(len(pair["raw"].splitlines()) for pair in pairs)
    size = sum(len(pair["raw"].encode()) for pair in pairs)

    compiled, begin = {}, time.process_time()
    for pair in pairs:
        if pair["template"] not in compiled:
            compiled[pair["template"]] = textfsm.TextFSM(io.StringIO(pair["template"]))
    python_compile = time.process_time() - begin
    begin, rows = time.process_time(), 0
    for pair in pairs:
        fsm = compiled[pair["template"]]
        fsm.Reset()
        try:
            rows += len(fsm.ParseText(pair["raw"]))
        except textfsm.TextFSMError:
            pass
    python_read = time.process_time() - begin

    run = subprocess.run(
        [options.program, "cli"], input=json.dumps({"id": "1", "kind": "measure-parse", "cases": pairs}) + "\n", text=True,
        stdout=subprocess.PIPE, check=True)
    ours = json.loads(run.stdout)
    print(f"{len(compiled)} templates, {len(pairs)} texts, {lines} lines, {size / 1e6:.1f} MB, {rows} rows (ours {ours['rows']})")
    for name, python, swift in [("compile", python_compile, ours["compile"]), ("read", python_read, ours["read"])]:
        print(f"{name}: textfsm {python:.2f} s, TextTables {swift:.3f} s, ratio {python / swift:.1f}")
    print(f"lines a second: textfsm {lines / python_read:,.0f}, TextTables {lines / ours['read']:,.0f}")
    if rows != ours["rows"]:
        raise SystemExit("the rows differ")
    if python_read < 10 * ours["read"]:
        raise SystemExit("below the goal: ten times as fast as textfsm")


if __name__ == "__main__":
    main()
