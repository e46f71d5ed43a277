#!/usr/bin/env python3
"""Picks the compact set of cases that `swift test` runs without Python.

    python stored.py --cases DIR [--found FOUND.jsonl] --out Tests/TemplateConformanceTests/Fixtures/stored-cases.jsonl

DIR holds the files that matrix.py and matrix_ansible.py wrote. Only our own cases are kept: every third of the files on
white space, scoping and the like, every twelfth of the others, and everything the fuzzer found. The first line names the
oracle; contexts that many cases share are written once, as {"shared": NUMBER, "context": …}, and a case says "@NUMBER".
"""
import argparse
import glob
import json
import os
import platform

p = argparse.ArgumentParser()
p.add_argument("--cases", required=True)
p.add_argument("--found")
p.add_argument("--out", required=True)
p.add_argument("--jinja2", default="3.1.6")
p.add_argument("--ansible", default="12.3.0")
a = p.parse_args()
FULL = {"statements", "subscript", "multi", "whitespace", "undefined", "syntax", "autoescape"}
contexts, lines = {}, []


def add(case):
    context = json.dumps(case.pop("context"), ensure_ascii=False)
    for key in ("corpus", "features", "origin", "tagged", "why", "uses"):
        case.pop(key, None)
    if len(context) > 60:
        if context not in contexts:
            contexts[context] = len(contexts)
            lines.append('{"shared": %d, "context": %s}' % (contexts[context], context))
        case["context"] = "@%d" % contexts[context]
    else:
        case["context"] = json.loads(context)
    lines.append(json.dumps(case, ensure_ascii=False))


for path in sorted(glob.glob(os.path.join(a.cases, "matrix-*.jsonl"))):
    step = 3 if os.path.basename(path)[len("matrix-"):-len(".jsonl")] in FULL else 12
    with open(path, encoding="utf-8") as f:
        for number, line in enumerate(x for x in f if x.strip()):
            case = json.loads(line)
            if number % step == 0 and "bundle" not in case:
                add(case)
if a.found:
    with open(a.found, encoding="utf-8") as f:
        for line in f:
            add(json.loads(line))
with open(a.out, "w", encoding="utf-8") as f:
    f.write(json.dumps({"oracle": f"jinja2 {a.jinja2}, ansible {a.ansible}, CPython {platform.python_version()}"}) + "\n")
    f.write("\n".join(lines) + "\n")
