#!/usr/bin/env python3
"""Renders of AVD's own templates: device configurations and their documentation, byte for byte.

    python record_avd.py --out DIR [--cases N] [--seed N] [--name NAME]      (interpreter with PyPI's `pyavd`, 5 or 6)

pyavd ships its templates as the Python code Jinja2 compiled them to. This script writes each back as a template (the code
Jinja2 generates is regular enough for that), compiles it with Jinja2 again and only uses it while both give the same
bytes. Data are random structured configurations by pyavd's own schema; the expected bytes come from pyavd's own
compiled templates. Data that a template dies on make a case whose answer is an
error.
"""
import argparse
import ast
import gzip
import json
import os
import pickle
import random
import string
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import jinjarec  # noqa: E402
import pyavd  # noqa: E402
from pyavd import constants, templater  # noqa: E402
from jinja2 import DictLoader, Environment  # noqa: E402

SETTINGS = {"undefined": "strict_chainable", "extensions": ["do", "loopcontrols", "i18n"], "keep_trailing_newline": True}


# --------------------------------------------------------------------------- templates from compiled code

class Unknown(Exception):
    """Code that is not of the form Jinja2's compiler gives what AVD's templates use."""


def plain(name):
    """l_2_vlan -> vlan; None for what is no template variable."""
    parts = name.split("_", 2)
    return parts[2] if len(parts) == 3 and parts[0] == "l" and parts[1].isdigit() else None


class Writer:
    """Writes one compiled template back."""

    def __init__(self, tree):
        self.words = {}  # t_N -> ("filter" | "test", name)
        self.filtered = {}  # t_N -> the generator function of a loop with a condition
        root = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "root")
        self.text = "".join(self.block(root.body))

    def block(self, body):
        at = 0
        while at < len(body):
            n = body[at]
            if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name) and n.targets[0].id == "template":
                yield self.include(n.value, body[at + 1])
                at += 2 if isinstance(body[at + 1], ast.For) else 3
                continue
            yield from self.statement(n)
            at += 1

    def include(self, get, gen):
        call = gen.iter if isinstance(gen, ast.For) else gen.value  # template.root_render_func(template.new_context(...)) or ._get_default_module()._body_stream
        if ast.unparse(get.func) not in ("environment.get_template", "environment.get_or_select_template") or ast.unparse(call.func) != "template.root_render_func":
            raise Unknown(ast.unparse(get))
        context = ast.unparse(call.args[0].args[0])
        if context != "context.get_all()":
            raise Unknown(context)
        return "{% include " + self.value(get.args[0]) + " %}"

    def statement(self, n):
        kind = type(n)
        if kind is ast.Expr and isinstance(n.value, ast.Yield):
            yield from self.output(n.value.value)
        elif kind is ast.Expr and isinstance(n.value, ast.Call):
            if ast.unparse(n.value.func) in ("context.exported_vars.add", "context.exported_vars.discard", "context.exported_vars.update", "context.vars.update", "_loop_vars.update"):
                return
            yield "{% do " + self.value(n.value) + " %}"
        elif kind is ast.Assign:
            yield from self.assignment(n.targets[0], n.value)
        elif kind is ast.If:
            if isinstance(n.test, ast.Constant):
                return  # if 0: yield None
            if "Namespace)" in ast.unparse(n.test):
                return  # may this be set: of an assignment to a namespace
            first = self.value(n.test)
            if first.endswith("_iteration_indicator"):
                raise Unknown("for else")
            yield "{% if " + first + " %}"
            yield from self.block(n.body)
            rest = n.orelse
            while len(rest) == 1 and isinstance(rest[0], ast.If):
                yield "{% elif " + self.value(rest[0].test) + " %}"
                yield from self.block(rest[0].body)
                rest = rest[0].orelse
            if rest:
                yield "{% else %}"
                yield from self.block(rest)
            yield "{% endif %}"
        elif kind is ast.For:
            yield from self.loop(n)
        elif kind is ast.Try:
            self.word(n)
        elif kind is ast.FunctionDef and n.name.startswith("t_"):
            self.filtered[n.name] = n
        elif kind is ast.Break:
            yield "{% break %}"
        elif kind is ast.Continue:
            yield "{% continue %}"
        elif kind is not ast.Pass:
            raise Unknown(ast.unparse(n)[:200])

    def word(self, n):
        first = n.body[0]
        if not isinstance(first, ast.Assign):
            raise Unknown(ast.unparse(n)[:200])
        table, key = ast.unparse(first.value.value), first.value.slice.value
        self.words[first.targets[0].id] = ({"environment.filters": "filter", "environment.tests": "test"}[table], key)

    def output(self, value):
        if isinstance(value, ast.Constant):
            if value.value is None:
                return
            text = value.value
            yield text if not any(m in text for m in ("{{", "{%", "{#")) else "{{ " + repr(text) + " }}"
            return
        if not (isinstance(value, ast.Call) and ast.unparse(value.func) == "str"):
            raise Unknown(ast.unparse(value))
        yield "{{ " + self.value(value.args[0]) + " }}"

    def assignment(self, target, value):
        if isinstance(target, ast.Subscript):
            name = ast.unparse(target.value)
            if name in ("_loop_vars", "context.vars", "_block_vars"):
                return
            if isinstance(target.slice, ast.Constant) and plain(name):
                yield "{% set " + plain(name) + "." + target.slice.value + " = " + self.value(value) + " %}"
                return
            raise Unknown(ast.unparse(target))
        if not isinstance(target, ast.Name):
            raise Unknown(ast.unparse(target))
        name = plain(target.id)
        if name is None:
            if target.id in ("resolve", "undefined", "concat", "cond_expr_undefined", "_loop_vars", "_block_vars"):
                return
            raise Unknown(target.id)
        if isinstance(value, ast.Name) and (value.id == "missing" or plain(value.id) == name):
            return
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "resolve":
            return
        yield "{% set " + name + " = " + self.value(value) + " %}"

    def loop(self, n):
        target, over, condition = n.target, n.iter, ""
        if isinstance(over, ast.Call) and ast.unparse(over.func) == "LoopContext":
            over, target = over.args[0], target.elts[0]
        if isinstance(over, ast.Call) and ast.unparse(over.func) in self.filtered:
            inner = self.filtered[over.func.id].body[-1] if self.filtered[over.func.id].body else None
            if not isinstance(inner, ast.For) or not isinstance(inner.body[-1], ast.If):
                raise Unknown(ast.unparse(over))
            condition = " if " + self.value(inner.body[-1].test)
            over = over.args[0]
        names = [plain(x.id) for x in (target.elts if isinstance(target, ast.Tuple) else [target])]
        yield "{% for " + ", ".join(names) + " in " + self.value(over) + condition + " %}"
        yield from self.block(n.body)
        if n.orelse:
            raise Unknown("for else")
        yield "{% endfor %}"

    # Expressions; every operator gets its parentheses.
    def value(self, n):
        kind = type(n)
        if kind is ast.Constant:
            return repr(n.value) if isinstance(n.value, str) else {None: "none", True: "true", False: "false"}.get(n.value, repr(n.value)) if not isinstance(n.value, (int, float)) or isinstance(n.value, bool) else repr(n.value)
        if kind is ast.Name:
            name = plain(n.id)
            if name is None:
                raise Unknown(n.id)
            return name
        if kind is ast.IfExp:
            if isinstance(n.body, ast.Call) and ast.unparse(n.body.func) == "undefined":
                return self.value(n.orelse)
            text = "(" + self.value(n.body) + " if " + self.value(n.test)
            if isinstance(n.orelse, ast.Call) and ast.unparse(n.orelse.func) == "cond_expr_undefined":
                return text + ")"
            return text + " else " + self.value(n.orelse) + ")"
        if kind is ast.BoolOp:
            word = " and " if isinstance(n.op, ast.And) else " or "
            return "(" + word.join(self.value(x) for x in n.values) + ")"
        if kind is ast.UnaryOp:
            return "(" + {ast.Not: "not ", ast.USub: "-", ast.UAdd: "+"}[type(n.op)] + self.value(n.operand) + ")"
        if kind is ast.BinOp:
            word = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**"}[type(n.op)]
            return "(" + self.value(n.left) + " " + word + " " + self.value(n.right) + ")"
        if kind is ast.Compare:
            words = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in"}
            return "(" + self.value(n.left) + "".join(f" {words[type(o)]} {self.value(x)}" for o, x in zip(n.ops, n.comparators)) + ")"
        if kind is ast.List:
            return "[" + ", ".join(self.value(x) for x in n.elts) + "]"
        if kind is ast.Tuple:
            return "(" + ", ".join(self.value(x) for x in n.elts) + ("," if len(n.elts) == 1 else "") + ")"
        if kind is ast.Dict:
            return "{" + ", ".join(self.value(k) + ": " + self.value(v) for k, v in zip(n.keys, n.values)) + "}"
        if kind is ast.Call:
            return self.call(n)
        raise Unknown(ast.unparse(n)[:200])

    def arguments(self, args, keywords):
        parts = [self.value(x) for x in args]
        parts += [f"{k.arg}={self.value(k.value)}" for k in keywords if k.arg not in ("_loop_vars", "_block_vars")]
        return ", ".join(parts)

    def call(self, n):
        function = ast.unparse(n.func)
        if function == "environment.getattr":
            return self.value(n.args[0]) + "." + n.args[1].value
        if function == "environment.getitem":
            if isinstance(n.args[1], ast.Call) and ast.unparse(n.args[1].func) == "slice":
                parts = ["" if isinstance(x, ast.Constant) and x.value is None else self.value(x) for x in n.args[1].args]
                return self.value(n.args[0]) + "[" + ":".join(parts if parts[2] else parts[:2]) + "]"
            return self.value(n.args[0]) + "[" + self.value(n.args[1]) + "]"
        if function == "str_join":
            return "(" + " ~ ".join(self.value(x) for x in n.args[0].elts) + ")"
        if function == "context.call":
            return self.value(n.args[0]) + "(" + self.arguments(n.args[1:], n.keywords) + ")"
        if function in self.words:
            kind, name = self.words[function]
            args = [x for x in n.args if ast.unparse(x) not in ("context.eval_ctx", "environment", "context")]
            rest = self.arguments(args[1:], n.keywords)
            if kind == "filter":
                return "(" + self.value(args[0]) + "|" + name + (f"({rest})" if rest else "") + ")"
            return "(" + self.value(args[0]) + " is " + name + (f"({rest})" if rest else "") + ")"
        raise Unknown(ast.unparse(n)[:200])


def templates(folder):
    """Name -> source of what can be written back, and name -> why not."""
    good, bad = {}, {}
    for file in sorted(os.listdir(folder)):
        if not file.endswith(".py"):
            continue
        with open(os.path.join(folder, file), encoding="utf-8") as f:
            tree = ast.parse(f.read())
        name = next(n.value.value for n in tree.body if isinstance(n, ast.Assign) and n.targets[0].id == "name")
        try:
            good[name] = Writer(tree).text
        except (Unknown, KeyError, AttributeError) as e:
            bad[name] = repr(e)
    return good, bad


# --------------------------------------------------------------------------- data by the schema

WORDS = ["Ethernet1", "Ethernet10", "Ethernet2/1", "Vlan110", "Port-Channel5", "Management1", "Loopback0", "MGMT", "default", "10.0.0.1", "10.1.2.0/24", "192.0.2.7", "2001:db8::1", "2001:db8:1::/64",
         "65001", "65001.10", "1-10,20", "10:10", "00:1c:73:00:00:99", "RM-OUT", "ACL_1", "some text here", "a2", "a10", "A1", "b 'q' \"d\"", "x|y", "<tag>", "ünï", "0", "7", "auto", "100", "line one\nline two"]


def schema_of_configurations():
    """The schema as data: pyavd 6 has all schemas in one file, 5 one pickle each."""
    base = os.path.dirname(pyavd.__file__)
    packed = os.path.join(base, "_schema", "schemas.json.gz")
    if os.path.exists(packed):
        with gzip.open(packed) as f:
            return json.load(f)["eos_cli_config_gen"]
    with open(os.path.join(base, "_eos_cli_config_gen", "schema", "eos_cli_config_gen.schema.pickle"), "rb") as f:
        return pickle.load(f)


class Data:
    def __init__(self, schema, chance):
        self.schema, self.chance = schema, chance

    def resolved(self, node):
        while "$ref" in node:
            path = node["$ref"].split("#/", 1)[1].split("/")
            other = self.schema
            for step in path:
                other = other[step]
            node = {**other, **{k: v for k, v in node.items() if k != "$ref"}}
            if "keys" in other and "keys" in node:
                node["keys"] = {**other["keys"], **node["keys"]}
        return node

    def value(self, node, depth):
        node = self.resolved(node)
        kind = node["type"]
        if "valid_values" in node:
            return self.chance.choice(node["valid_values"])
        if kind == "bool":
            return self.chance.random() < 0.6
        if kind == "int":
            low = node.get("min", 0)
            high = node.get("max", low + 200)
            return self.chance.choice([low, high, self.chance.randint(low, high)])
        if kind == "str":
            return self.chance.choice(WORDS) if self.chance.random() < 0.8 else "".join(self.chance.choices(string.ascii_letters + string.digits + " -_", k=self.chance.randint(1, 12)))
        if kind == "list":
            items = node.get("items")
            if not items:
                return []
            items = self.resolved(items)
            key = node.get("primary_key")
            if key:
                items = {**items, "keys": {k: {**v, "required": True} if k == key else v for k, v in items["keys"].items()}}
            values = [self.value(items, depth + 1) for _ in range(self.chance.choice([0, 1, 1, 2, 3]))]
            if key:  # each once
                values = list({json.dumps(v.get(key)): v for v in values if isinstance(v, dict)}.values())
            return values
        share = 0.75 if depth < 4 else 0.55
        return {
            k: self.value(v, depth + 1) for k, v in node.get("keys", {}).items()
            if not v.get("deprecation", {}).get("removed") and (v.get("required") or self.chance.random() < share)
        }


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--out", required=True)
    p.add_argument("--cases", type=int, default=30)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--name", default="avd-templates", help="of the case file")
    a = p.parse_args()
    os.makedirs(a.out, exist_ok=True)
    folder = constants.EOS_CLI_CONFIG_GEN_JINJA2_PRECOMPILED_TEMPLATE_PATH
    sources, bad = templates(folder)
    for name, why in bad.items():
        print("not written back:", name, why, file=sys.stderr)
    original = templater.Templar(precompiled_templates_path=folder).environment
    again = Environment(extensions=constants.JINJA2_EXTENSIONS, loader=DictLoader(sources), undefined=templater.Undefined, keep_trailing_newline=True)
    again.filters, again.tests = original.filters, original.tests
    schema = schema_of_configurations()
    mains = [constants.EOS_CLI_CONFIG_GEN_JINJA2_CONFIG_TEMPLATE, constants.EOS_CLI_CONFIG_GEN_JINJA2_DOCUMENTAITON_TEMPLATE]
    needs = {"filters": sorted(k for k in original.filters if "." in k), "tests": sorted(k for k in original.tests if "." in k)}

    def answer(environment, name, data):
        try:
            return {"output": environment.get_template(name).render(json.loads(json.dumps(data)))}
        except Exception as e:  # noqa: BLE001 - whatever the original dies of is its answer
            return {"error": {"type": type(e).__name__, "message": str(e)}}

    chance = random.Random(a.seed)
    maker = Data(schema, chance)
    made = differing = failing = 0
    with open(os.path.join(a.out, a.name + ".jsonl"), "w", encoding="utf-8") as out, open(jinjarec.bundle_path(out.name), "w", encoding="utf-8") as bundle:
        bundle.write(json.dumps({"bundle": "avd", "templates": sources}, ensure_ascii=False) + "\n")

        def keep(where, name, context):
            nonlocal made, differing, failing
            expect, check = answer(original, name, context), answer(again, name, context)
            if expect.get("output") != check.get("output") or expect.get("error", {}).get("type") != check.get("error", {}).get("type"):
                differing += 1
                print("written back wrongly:", name, expect.get("error"), check.get("error"), file=sys.stderr)
                return
            failing += "error" in expect
            made += 1
            case = {"id": f"{a.name}/{where}/{name}", "corpus": "avd", "origin": f"pyavd {pyavd.__version__}", "name": name, "bundle": "avd", "uses": [name], "context": context, "settings": SETTINGS, "needs": needs, "expect": expect}
            out.write(json.dumps(case, ensure_ascii=False) + "\n")

        for number in range(a.cases):
            share = chance.choice([0.1, 0.3, 0.6])
            data = {}
            for key, node in schema["keys"].items():
                if chance.random() > share or node.get("deprecation", {}).get("removed"):
                    continue
                one = {key: maker.value(node, 1)}
                # What a template dies on alone would hide everything after it.
                if any("error" in answer(original, name, one) for name in mains):
                    for name in mains:
                        keep(f"{number:04d}/{key}", name, one)
                else:
                    data.update(one)
            for name in mains:
                keep(f"{number:04d}", name, data)
    print(a.name, made, "cases,", failing, "of them errors,", len(sources), "templates,", len(bad), "not written back,", differing, "written back wrongly")
    return 1 if bad or differing else 0


sys.exit(main())
