#!/usr/bin/env python3
"""Whole template files as Ansible's `template` module renders them: our own templates in the style of network roles.

    python whole_ansible.py --out DIR                       (interpreter with PyPI's `ansible` and `netaddr`)
    python whole_ansible.py --out DIR --also FOLDER NAME    every *.j2 below FOLDER with the variables of FOLDER/vars/*.yml

What a template file goes through here is what the module's action does before it copies the result: the text trusted as a
template, `trim_blocks` on, a Templar whose includes are found in the folder.
"""
import argparse
import json
import os
import sys
import tempfile

from ansible.module_utils.common.text.converters import to_bytes
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
import yaml

from whole_ansible_files import FILES, HOSTS, SHARED


def plain(value):
    """The value as the YAML of an inventory would give it, untagged."""
    return json.loads(json.dumps(value))


def rendered(folder, name, variables):
    loader = DataLoader()
    loader.set_basedir(folder)
    templar = Templar(loader=loader).copy_with_new_env(searchpath=[folder], available_variables=variables)
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        text = f.read()
    overrides = dict(block_start_string=None, block_end_string=None, variable_start_string=None, variable_end_string=None,
                     comment_start_string=None, comment_end_string=None, trim_blocks=True, lstrip_blocks=False, newline_sequence="\n")
    overrides = {k: v for k, v in overrides.items() if v is not None}
    try:
        result = templar.template(trust_as_template(text), escape_backslashes=False, overrides=overrides)
        return {"output": to_bytes("" if result is None else result, encoding="utf-8").decode()}
    except Exception as e:
        # Ansible wraps what Jinja2, Python or a plugin raised.
        while e.__cause__ is not None and type(e).__name__ != "AnsibleTemplatePluginRuntimeError":
            e = e.__cause__
        kind = {"AnsibleTemplatePluginRuntimeError": "AnsibleTemplatePluginError", "MarkerError": "UndefinedError", "AnsibleUndefinedVariable": "UndefinedError"}.get(type(e).__name__, type(e).__name__)
        return {"error": {"type": kind, "message": str(e)}}


def case(folder, name, sources, variables, number):
    return {
        "id": f"{name}/{number}", "corpus": "ansible-files", "name": name, "template": sources[name], "templates": sources,
        "context": variables, "settings": {"style": "ansible"}, "packs": ["ansible", "arista.avd"],
        "expect": rendered(folder, name, variables),
    }


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--also", nargs=2, metavar=("FOLDER", "NAME"))
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    init_plugin_loader([])
    cases = []
    if a.also:
        folder, group = a.also
        names = [os.path.relpath(os.path.join(d, f), folder) for d, _, fs in os.walk(folder) for f in fs if f.endswith(".j2")]
        sources = {n: open(os.path.join(folder, n), encoding="utf-8").read() for n in sorted(names)}
        data = [yaml.safe_load(open(os.path.join(folder, "vars", f), encoding="utf-8")) for f in sorted(os.listdir(os.path.join(folder, "vars")))]
        for name in sources:
            for number, variables in enumerate(data):
                cases.append(case(folder, name, sources, plain(variables), number))
    else:
        group = "ansible-files"
        with tempfile.TemporaryDirectory() as folder:
            for name, text in FILES.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as f:
                    f.write(text)
            for name in FILES:
                if name.startswith("_"):
                    continue
                for number, host in enumerate(HOSTS):
                    variables = plain({**SHARED, **host, "hostvars": {h["inventory_hostname"]: {**SHARED, **h} for h in HOSTS}})
                    cases.append(case(folder, name, FILES, variables, number))
    with open(os.path.join(a.out, group + ".jsonl"), "w", encoding="utf-8") as f:
        for c in cases:
            f.write(json.dumps(c, ensure_ascii=False) + "\n")
    print(group, len(cases), "cases,", sum("error" in c["expect"] for c in cases), "errors")


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    main()
