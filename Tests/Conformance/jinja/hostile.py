#!/usr/bin/env python3
"""Calls every filter and test of the packs with hostile values; none may kill or stall the engine.

    python hostile.py --command 'PRODUCT' [--rounds N] [--seed S]

`PRODUCT jinja-names` tells the names. Prints each call that ended the process or took more than five
seconds; exit status 1 when there was one. Answers and clean errors are both fine.
"""
import argparse
import json
import random
import shlex
import subprocess
import sys
import threading

VALUES = ["''", "'a'", "'10.0.0.1/8'", "'2001:db8::1/64'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'", "'255.255.255.255/32'", "'::/0'", "'0.0.0.0/0'", "'00:1a:2b:3c:4d:5e'", "0", "-1", "1", "9223372036854775807", "-9223372036854775808", "2 ** 64", "1.5", "1e308", "-1e308 * 10", "true", "none", "missing", "[]", "[[]]", "[1, 'a', none]", "['x'] * 1000", "range(1000000) | list", "range(3)", "{}", "{'a': {'b': [1]}}", "{'before': 'a', 'after': 1}", "(1, 2)", "'x' * 100000", "'(' * 5000", "'[' * 20000", "'{\"a\":' * 20000", "'(a+)+$'", "'a' * 3000", "'\\\\1\\\\g<99>'", "'%' * 50", "'%s %d'", "'é' * 10", "'1-99999999999'", "'1-2/1-3000/1-3000'", "'\\x00'", "'- ' * 9000", "'a: ' * 3000", "'&a [' * 300", "'2024-01-02'", "'%Y' * 2000", "'99999999999999999999'", "'1.2.3'", "'sha512'", "'===\\n'", "'=' * 500", "'sort'", "'name'", "'K'", "4096", "31", "129", "-129", "1000000", "[{'name': 'a', 'id': 1}, {'name': 'b'}]", "'$6$abc'", "'<a><b></a>'", "'{[()]}'", "namespace(a=1)", "joiner()", "'eq'", "'append_rp'", "'en'", "[[1, 2], [3, 4]]", "[{'key': 'a', 'value': 1}]"]
NAMES = ["index", "width", "indent", "count", "size", "levels", "seed", "query", "recursive", "list_merge", "salt", "rounds", "multiline", "attribute", "sort_keys", "wantlist", "start", "step", "key", "default_value", "fillvalue", "toc_levels", "precision"]
p = argparse.ArgumentParser()
p.add_argument("--command", required=True)
p.add_argument("--rounds", type=int, default=40)
p.add_argument("--seed", type=int, default=1)
a = p.parse_args()
rng = random.Random(a.seed)
cases = []
names = subprocess.run(shlex.split(a.command) + ["jinja-names"], capture_output=True, text=True, check=True).stdout
for line in names.splitlines():
    pack, kind, name = line.split()
    for i in range(a.rounds):
        value = rng.choice(VALUES)
        args = [rng.choice(VALUES) for _ in range(rng.choice([0, 0, 1, 1, 1, 2, 2, 3]))]
        if rng.random() < 0.2:
            args.append(rng.choice(NAMES) + "=" + rng.choice(VALUES))
        call = name + ("(" + ", ".join(args) + ")" if args else "")
        expression = f"({value}) | {call}" if kind == "filter" else f"({value}) is {call}"
        tail = rng.choice(["", " | string | length", " | list | length"]) if kind == "filter" else ""
        cases.append({"id": f"{len(cases)}", "template": "{{ " + expression + tail + " }}", "context": {}, "packs": [pack], "settings": {"undefined": rng.choice(["default", "strict_chainable"])}})
at, bad = 0, 0
while at < len(cases):
    process = subprocess.Popen(shlex.split(a.command) + ["jinja"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def feed(first=at, process=process):
        try:
            for c in cases[first:]:
                process.stdin.write((json.dumps(c) + "\n").encode())
            process.stdin.close()
        except (BrokenPipeError, OSError):
            pass
    threading.Thread(target=feed, daemon=True).start()
    stalled = [False]

    def stop(process=process):
        stalled[0] = True
        process.kill()
    timer = threading.Timer(5, stop)
    timer.start()
    for _ in process.stdout:
        timer.cancel()
        at += 1
        timer = threading.Timer(5, stop)
        timer.start()
    timer.cancel()
    process.wait()
    if at < len(cases):
        bad += 1
        print("stalls" if stalled[0] else f"ends with status {process.returncode}", cases[at]["template"], flush=True)
        at += 1
print(f"{len(cases)} calls, {bad} bad")
sys.exit(1 if bad else 0)
