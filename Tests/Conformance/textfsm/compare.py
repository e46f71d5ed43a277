"""Compares the answers of a program with those in case files.

    compare.py [--show N] COMMAND FILE…

Feeds each file's cases (without the answers) to COMMAND and prints, per file, how many answers are the same.
Fails when one is not.
"""
import argparse
import json
import shlex
import subprocess
import sys


def same(expected, got):
    if "error" in expected:
        return got.get("error") == expected["error"]
    return "error" not in got and all(got.get(key) == value for key, value in expected.items())


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--show", type=int, default=5)
    arguments.add_argument("command")
    arguments.add_argument("files", nargs="+")
    options = arguments.parse_args()
    failed = False
    for path in options.files:
        with open(path) as file:
            cases = [json.loads(line) for line in file]
        expected = {case["id"]: case.pop("expected") for case in cases if "expected" in case}
        run = subprocess.run(
            shlex.split(options.command), input="".join(json.dumps(case) + "\n" for case in cases), text=True,
            stdout=subprocess.PIPE, check=True)
        answers = {}
        for line in run.stdout.split("\n"):
            if line:
                answer = json.loads(line)
                answers[answer.get("id")] = answer
        wrong = [key for key in expected if not same(expected[key], answers.get(key, {"error": "no answer"}))]
        refused = sum(1 for key in wrong if "error" in answers.get(key, {"error": ""}) and "error" not in expected[key])
        rows = sum(len(answer.get("rows", [])) for answer in expected.values())
        print(f"{path}: {len(expected) - len(wrong)} / {len(expected)} same ({rows} rows; {refused} wrongly refused)")
        by_id = {case["id"]: case for case in cases}
        for key in wrong[: options.show]:
            failed = True
            print("   ", key)
            print("        expected", json.dumps(expected[key])[:600])
            print("        got     ", json.dumps(answers.get(key))[:600])
            if len(by_id[key].get("raw", "")) < 200:
                print("        raw     ", json.dumps(by_id[key].get("raw")))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
