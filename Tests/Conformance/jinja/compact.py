#!/usr/bin/env python3
"""Picks cases of the packs for `swift test`: one JSON object a line, the variables set inside the template.

    python compact.py CASES/matrix-ansible-*.jsonl CASES/matrix-avd.jsonl ... > Tests/TemplatePacksTests/Fixtures/answers.jsonl

Of big files every n-th case is kept. The answers stay those of the tools.
"""
import json
import os
import sys

LIMIT = 260
PACKS = {"matrix-ansible": ["ansible"], "matrix-avd": ["arista.avd"], "matrix-netlab": ["netlab"], "matrix-netutils": ["netutils"], "matrix-community": ["ansible"]}
for path in sys.argv[1:]:
    name = os.path.basename(path)[:-len(".jsonl")]
    with open(path, encoding="utf-8") as f:
        cases = [json.loads(x) for x in f if x.strip()]
    cases = [c for c in cases if "$py" not in json.dumps(c["context"])]
    step = max(1, len(cases) // LIMIT)
    for c in cases[::step]:
        packs = c.get("packs") or next(v for k, v in PACKS.items() if name.startswith(k))
        sets = "".join("{% set " + k + " = " + repr(v) + " %}" for k, v in c["context"].items())
        out = {"id": c["id"], "packs": packs, "template": sets + c["template"]}
        if c.get("settings", {}).get("undefined"):
            out["undefined"] = c["settings"]["undefined"]
        if "output" in c["expect"]:
            out["output"] = c["expect"]["output"]
        else:
            out["error"] = c["expect"]["error"]["type"]
        print(json.dumps(out, ensure_ascii=False))
