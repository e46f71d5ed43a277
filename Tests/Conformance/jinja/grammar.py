"""Random templates with data and settings, out of one seed: the generator behind fuzz.py.

What comes out is meant to run: expressions are typed more often than not, names exist more often than not, loops are
short. What is wrong on purpose (a missing name, a text where a number belongs, an unknown filter) is wrong rarely enough
that a case fails in one place and not in ten.
"""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from vocabulary import ARITIES, BRACES, DELIMITERS, FILTERS, KEYWORDS, METHODS, MISSING, NAMES, SPECS, STRINGS, TESTS, WORDS  # noqa: E402


class Grammar:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.loops = 0
        self.macros = []
        self.names = list(NAMES)
        self.includes = []
        self.blocks = 0
        self.spaces = self.r.random() < 0.4
        self.lines = self.r.random() < 0.06
        self.marks = {"block_start_string": "{%", "block_end_string": "%}", "variable_start_string": "{{", "variable_end_string": "}}", "comment_start_string": "{#", "comment_end_string": "#}"}
        self.delimiters = self.pick(DELIMITERS) if self.r.random() < 0.06 else {}
        self.marks.update(self.delimiters)

    def pick(self, xs):
        return xs[int(self.r.random() * len(xs))]

    def chance(self, p):
        return self.r.random() < p

    # -------------------------------------------------------------- data
    def scalar(self):
        k = self.r.random()
        if k < 0.35:
            return self.pick([0, 1, 2, 3, -1, 7, 10, 20, 255, 1000, 4294967296, 2**62, -2**63, 10**18])
        if k < 0.75:
            return self.pick(WORDS)
        if k < 0.85:
            return self.pick([0.0, 1.0, 2.5, -0.5, 1e16, 1e-5, 0.1, 3.14159, 9007199254740994.0, 1e22, 123456789.125, -0.0])
        return self.pick([True, False, None])

    def data(self, depth=2):
        k = self.r.random()
        if depth == 0 or k < 0.5:
            return self.scalar()
        if k < 0.78:
            return [self.data(depth - 1) for _ in range(self.r.randrange(4))]
        return {self.pick(["a", "b", "name", "vlan", "up", "items", "x", "0", "k-k"]): self.data(depth - 1) for _ in range(self.r.randrange(4))}

    def context(self):
        r = self.r
        return {"i": self.pick([0, 1, 3, 7, -2]), "n": self.pick([2, 10, 255, 2**40]), "f": self.pick([2.5, 4.0, -0.1, 1e17]), "s": self.pick(WORDS), "t": self.pick(WORDS), "e": self.pick(["", [], {}, 0]),
                "l": [r.randrange(-3, 9) for _ in range(r.randrange(1, 6))], "ls": [self.pick(WORDS) for _ in range(r.randrange(0, 5))], "ll": [[1, 2], [3, self.scalar()]],
                "ld": [{"name": self.pick(["Eth2", "eth1", "Eth10", "lo"]), "vlan": self.pick([10, 20, 30]), "up": self.chance(0.5), **({"x": self.data(1)} if self.chance(0.3) else {})} for _ in range(r.randrange(0, 5))],
                "d": {"a": self.data(1), "b": self.data(1), **({"items": 1} if self.chance(0.2) else {})}, "dd": {"x": {"y": {"z": self.scalar()}}, "name": "N"}, "b": self.chance(0.5), "none_": None,
                "big": {"$py": "int", "v": "123456789012345678901234567890"}, "tname": self.pick(["inc0", "base", "nope"]), "mk": {"$py": "markup", "v": self.pick(["<b>", "a&b", "x"])}, "trees": [{"n": 1, "c": [{"n": 2, "c": []}, {"n": 0, "c": [{"n": 3, "c": []}]}]}, {"n": self.scalar(), "c": []}], "mixed": [1, "1", 1.0, True, None, "a", "A"][:r.randrange(8)], "tup": {"$py": "tuple", "v": [1, "b", 2.5]}, "ml": "one\ntwo\n\n  three\n"}

    # -------------------------------------------------------------- expressions
    def name(self):
        if self.chance(0.04):
            return self.pick(MISSING)
        return self.pick(self.names)

    def quoted(self, text):
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
        return "'" + text.replace("'", "\\'") + "'" if self.chance(0.7) else '"' + text.replace('"', '\\"') + '"'

    def literal(self):
        k = self.r.random()
        if k < 0.4:
            return self.pick(["0", "1", "2", "3", "10", "42", "(-1)", "255", "1_000", "0x1F", "0b101", "0o17", "2.5", "1e3", "1.0", "0.1", "9223372036854775807", "99999999999999999999"])
        if k < 0.8:
            return self.quoted(self.pick(WORDS))
        return self.pick(["true", "false", "none", "True", "None", "[]", "{}", "()", "(1,)"])

    def filter(self, depth=1):
        """A filter as it is usually written, or now and then with arguments nobody would give it."""
        if self.chance(0.75):
            return self.pick(FILTERS)
        name = self.pick(sorted(ARITIES))
        args = []
        for kind in ARITIES[name]:
            if self.chance(0.35):
                break
            args.append(self.pick(STRINGS) if kind == "s" else self.pick(["true", "false", "b", "none", "1", "e"]) if kind == "b" else self.pick(["0", "1", "2", "3", "-1", "5", "i", "2.5", "none", "'2'", "true"]) if kind == "n" else self.expr(depth))
        if self.chance(0.06):
            args.append(self.expr(depth))
        if self.chance(0.3):
            args.append(self.pick(KEYWORDS))
        if self.chance(0.04):
            args.append(self.pick(["*ls", "*[1]", "**{'default': 1}", "**d"]))
        return name + (f"({', '.join(args)})" if args or self.chance(0.1) else "")

    def number(self, depth):
        k = self.r.random()
        if depth <= 0 or k < 0.3:
            return self.pick(["i", "n", "f", "0", "1", "2", "3", "7", "-1", "2.5", "10", "true", "big", "(2**70)", "1e20", "-7"])
        if k < 0.75:
            return f"({self.number(depth - 1)} {self.pick(['+', '-', '*', '//', '%', '/', '**' if self.chance(0.3) else '+'])} {self.number(depth - 1)})"
        if k < 0.9:
            return f"({self.expr(depth - 1, True)}|{self.pick(['length', 'int', 'float', 'sum', 'round', 'abs', 'count'])})"
        return f"{self.pick(['l', 'll[0]', 'mixed'])}[{self.pick(['0', '-1', 'i', '1'])}]"

    def text(self, depth):
        k = self.r.random()
        if depth <= 0 or k < 0.3:
            return self.pick(["s", "t", "ml", "dd.name", self.quoted(self.pick(WORDS))])
        if k < 0.5:
            return f"{self.text(depth - 1)}.{self.pick(METHODS[:48])}"
        if k < 0.62:
            return f"({self.expr(depth - 1)} ~ {self.expr(depth - 1)})"
        if k < 0.72:
            return f"({self.quoted(self.pick(['', 'x']) + self.pick(SPECS) + self.pick(['', 'y', self.pick(SPECS)]))} % {self.pick([self.expr(depth - 1), '(' + self.expr(depth - 1) + ', ' + self.expr(depth - 1) + ')'])})"
        if k < 0.8:
            return f"{self.quoted(self.pick(BRACES) + self.pick(['', 'y', self.pick(BRACES)]))}.format({self.args(depth - 1, self.r.randrange(4))})"
        if k < 0.9:
            return f"{self.text(depth - 1)}[{self.slice()}]"
        return f"({self.expr(depth - 1, True)}|{self.pick(['string', 'upper', 'lower', 'title', 'join', 'trim', 'tojson', 'e', 'indent(2)', 'replace(1, 2)'])})"

    def slice(self):
        part = lambda: self.pick(["", "", "1", "-1", "2", "-3", "i", "none", "100", "-100"])
        return part() + ":" + part() + (":" + self.pick(["", "1", "2", "-1", "-2"]) if self.chance(0.4) else "")

    def args(self, depth, count):
        out = [self.expr(depth) for _ in range(count)]
        if self.chance(0.15):
            out.append(f"{self.pick(['a', 'b', 'x'])}={self.expr(depth)}")
        return ", ".join(out)

    def sequence(self, depth):
        k = self.r.random()
        if depth <= 0 or k < 0.3:
            return self.pick(["l", "ls", "ll", "ld", "mixed", "tup", "d", "range(3)", "range(1, 9, 2)", "range(4, 0, -1)", "[]"])
        if k < 0.45:
            return "[" + ", ".join(self.expr(depth - 1) for _ in range(self.r.randrange(4))) + "]"
        if k < 0.52:
            return "(" + ", ".join(self.expr(depth - 1) for _ in range(self.r.randrange(2, 4))) + ")"
        if k < 0.6:
            return f"{self.pick(['d', 'dd', 'd.items()', 'd.keys()', 'd.values()', 'dd.x'])}"
        if k < 0.68:
            return f"({self.sequence(depth - 1)} + {self.sequence(depth - 1)})"
        if k < 0.74:
            return f"{self.sequence(depth - 1)}[{self.slice()}]"
        return f"({self.sequence(depth - 1)}|{self.pick([x for x in FILTERS if x.split('(')[0] in ('batch', 'dictsort', 'groupby', 'list', 'map', 'reject', 'rejectattr', 'reverse', 'select', 'selectattr', 'slice', 'sort', 'unique', 'items')])})"

    def expr(self, depth=3, tight=False):
        """`tight`: safe to put a filter or attribute behind."""
        k = self.r.random()
        if depth <= 0:
            return self.name() if k < 0.55 else self.literal()
        d = depth - 1
        if k < 0.12:
            return self.name()
        if k < 0.2:
            return self.literal()
        if k < 0.28:
            return self.number(d)
        if k < 0.37:
            return self.text(d)
        if k < 0.46:
            return self.sequence(d)
        if k < 0.6:
            base = self.expr(d, True) if self.chance(0.4) else self.pick([self.number, self.text, self.sequence, self.sequence])(d)
            inner = f"{base}|{self.filter()}"
            while self.chance(0.3):
                inner += f"|{self.filter()}"
            return f"({inner})" if tight else inner
        if k < 0.66:
            if self.chance(0.5):
                return self.pick([f"{self.sequence(d)}.{self.pick(METHODS[48:])}", f"d.{self.pick(METHODS[58:])}", f"l.{self.pick(METHODS[48:58])}"])
            return f"{self.expr(d, True)}.{self.pick(METHODS)}"
        if k < 0.73:
            return self.access(d)
        if k < 0.78:
            inner = f"{self.expr(d, True)} is {'not ' if self.chance(0.3) else ''}{self.pick(TESTS)}"
        elif k < 0.85:
            kind = self.r.random()
            if kind < 0.35:
                inner = f"{self.number(d)} {self.pick(['==', '!=', '<', '<=', '>', '>='])} {self.number(d)}"
            elif kind < 0.55:
                inner = f"{self.text(d)} {self.pick(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])} {self.text(d)}"
            elif kind < 0.9:
                inner = f"{self.expr(d, True)} {self.pick(['==', '!=', 'in', 'not in'])} {self.sequence(d)}"
            else:
                inner = f"{self.expr(d, True)} {self.pick(['==', '!=', '<', '<=', '>', '>=', 'in', 'not in'])} {self.expr(d, True)}"
            if self.chance(0.1):
                inner += f" {self.pick(['==', '<', '>'])} {self.expr(d, True)}"
        elif k < 0.9:
            inner = f"{self.expr(d, True)} {self.pick(['and', 'or'])} {self.expr(d, True)}"
        elif k < 0.92:
            inner = f"not {self.expr(d, True)}"
        elif k < 0.96:
            inner = f"{self.expr(d, True)} if {self.expr(d, True)}" + (f" else {self.expr(d, True)}" if self.chance(0.8) else "")
        elif k < 0.97:
            inner = f"{self.expr(d, True)} {self.pick(['+', '-', '*', '/', '//', '%', '**', '~'])} {self.expr(d, True)}"
        elif k < 0.985:
            return "{" + ", ".join(f"{self.pick([repr('a'), repr('b'), '1', 'true', self.expr(0)])}: {self.expr(d)}" for _ in range(self.r.randrange(3))) + "}"
        else:
            return self.call(d)
        return f"({inner})" if tight or self.chance(0.3) else inner

    def access(self, depth):
        k = self.r.random()
        if k < 0.35:
            return self.pick(["d.a", "d.b", "dd.x", "dd.x.y.z", "dd.name", "d['a']", "dd['x']['y']", "l[0]", "l.0", "ll[1][0]", "ld[0].name", "tup[1]", "s[0]", "d.items", "d['items']", "d.get", "l.append", "d.0", "d[1]", "s.a"])
        if k < 0.6:
            return f"{self.expr(depth, True)}.{self.pick(['a', 'b', 'x', 'name', 'vlan', 'missing', '0', 'y', 'items', 'upper', 'real'])}"
        return f"{self.expr(depth, True)}[{self.expr(depth - 1)}]"

    def call(self, depth):
        if self.macros and self.chance(0.08):
            return f"{self.pick(self.macros)}.{self.pick(['name', 'arguments', 'catch_kwargs', 'catch_varargs', 'caller', 'missing'])}"
        if self.macros and self.chance(0.1):
            return f"{self.pick(self.macros)}({self.pick(['*l', '*ls', '**d', '*tup, **dd', 'i, *ls', 'caller=m0', '*[1, 2], b=3', '1, 2, 3, x=4, y=5'])})"
        if self.macros and self.chance(0.5):
            return f"{self.pick(self.macros)}({self.args(depth, self.r.randrange(4))})"
        return self.pick([f"range({self.pick(['3', 'i', '5, 1, -1', '2, 6'])})", f"dict(a={self.expr(depth)}, b=1)", f"dict(d, c=2)", "namespace(x=1).x", "namespace(d, y=2).a", "namespace(d)", "joiner()()", "joiner('; ')", "cycler(1, 2).next()", "cycler(*ls).current", "cycler()", "dict([(1, 2)])", "dict(**d)", "range(1, 3)|list", "range(3)[1]", "range(9)[::2]", "s.join(ls)", "', '.join(l|map('string'))", f"namespace(v={self.expr(depth)})", "lipsum is defined"])

    # -------------------------------------------------------------- statements
    def tag(self, inside):
        if self.lines and self.chance(0.4):
            return "\n" + self.pick(["", "  ", "\t"]) + "%%" + self.pick([" ", "", "- " if self.chance(0.1) else "  "]) + inside + self.pick(["", "", " ", ":" if inside.split()[0] in ("for", "if", "elif", "else", "macro", "block", "call", "filter", "with") else ""]) + "\n"
        left = self.pick(["", "", "", "", "-", "-", "+"]) if self.spaces else ""
        right = self.pick(["", "", "", "", "-", "-", "+"]) if self.spaces else ""
        pad = self.pick([" ", " ", " ", "", "  ", "\n", "\t "]) if self.spaces and left != "" and right != "" else " "
        return self.marks["block_start_string"] + left + pad + inside + pad + right + self.marks["block_end_string"]

    def out(self, inside):
        left = self.pick(["", "", "", "-", "+" if self.chance(0.2) else ""]) if self.spaces else ""
        right = self.pick(["", "", "", "-"]) if self.spaces else ""
        return self.marks["variable_start_string"] + left + " " + inside + " " + right + self.marks["variable_end_string"]

    def comment(self):
        left, right = self.pick(["", "", "-", "+"]), self.pick(["", "", "-", "+"])
        return self.marks["comment_start_string"] + left + self.pick([" c ", "", " {{ x }} ", " two\nlines ", " {% if %} "]) + right + self.marks["comment_end_string"]

    def raw(self):
        start, end = self.marks["block_start_string"], self.marks["block_end_string"]
        sign = lambda: self.pick(["", "", "-", "+"]) if self.spaces else ""  # noqa: E731
        return f"{start}{sign()} raw {self.pick(['', '-']) if self.spaces else ''}{end}{self.pick([' {{ r }} ', '', '  {% if %}', 'a  ', chr(10) + ' '])}{start}{sign()} endraw {sign()}{end}"

    def gap(self):
        if not self.spaces:
            return self.pick(["", "", " ", ";", "\n"])
        if self.chance(0.12):
            return self.comment() if self.chance(0.7) else self.raw()
        if self.lines and self.chance(0.2):
            return self.pick(["## note\n", "x ## note", "\n## a\n## b\n", "  ## c\n"])
        return self.pick(["", "", "\n", "  \n", "\n  ", " ", "\t", "\n\n", "x", " y\n", "\r\n", "\u00a0", "\n\t\n", "{", "%", "{ {", "}}"])

    def body(self, depth, count=None):
        return "".join(self.gap() + self.statement(depth) for _ in range(count or self.r.randrange(1, 4))) + self.gap()

    def target(self):
        name = self.pick(["v", "w", "i", "s", "l", "x"])
        if name not in self.names:
            self.names.append(name)
        return name

    def statement(self, depth):
        k = self.r.random()
        if depth <= 0 or k < 0.4:
            return self.out(self.expr(self.r.randrange(1, 4)))
        d = depth - 1
        if k < 0.52:
            s = self.tag("if " + self.expr(2, True)) + self.body(d)
            while self.chance(0.25):
                s += self.tag("elif " + self.expr(2, True)) + self.body(d)
            if self.chance(0.4):
                s += self.tag("else") + self.body(d)
            return s + self.tag("endif")
        if k < 0.66:
            return self.loop(d)
        if k < 0.75:
            if self.chance(0.15):
                return self.tag(f"set {self.target()}, {self.target()} = {self.expr(1)}, {self.expr(1)}")
            if self.chance(0.15):
                return self.namespace(d)
            value = self.expr(2)
            return self.tag(f"set {self.target()} = {value}")
        if k < 0.79:
            target = self.target()
            return self.tag(f"set {target}" + (f" | {self.pick(['upper', 'trim', 'indent(2)', 'length', 'trim|upper', self.filter()])}" if self.chance(0.4) else "")) + self.body(d) + self.tag("endset")
        if k < 0.84:
            return self.macro(d)
        if k < 0.87:
            return self.tag(f"filter {self.pick(['upper', 'trim', 'replace(1, 2)', 'indent(2)', 'e', 'title', 'wordcount', 'upper|trim', 'replace(s, t)|indent', self.filter()])}") + self.body(d) + self.tag("endfilter")
        if k < 0.9:
            return self.tag(f"with {self.target()} = {self.expr(2)}" + (f", {self.target()} = {self.expr(1)}" if self.chance(0.3) else "")) + self.body(d) + self.tag("endwith")
        if k < 0.93:
            return self.tag(f"do {self.pick(['l', 'd', 'ls', 'ld', 's'])}.{self.pick(METHODS[46:62] + ['append(i)', 'update({s: i})', 'extend(ls)'])}")
        if k < 0.95 and self.includes:
            return self.borrow()
        if k < 0.97 and self.macros:
            return self.tag(f"call{self.pick(['', '(a)', '(a, b=1)'])} {self.pick(self.macros)}({self.args(1, self.r.randrange(3))})") + self.body(d) + self.tag("endcall")
        if k < 0.98:
            self.blocks += 1
            return self.tag(f"block b{self.blocks}{self.pick(['', ' scoped'])}") + self.body(d) + self.tag("endblock")
        if k < 0.985:
            return self.tag(f"autoescape {self.pick(['true', 'false', 'b'])}") + self.body(d) + self.tag("endautoescape")
        if k < 0.987:
            return self.tag(f"print {self.expr(2)}" + (f", {self.expr(1)}" if self.chance(0.3) else ""))
        if k < 0.99:
            return self.tree()
        if k < 0.993:
            return self.with_caller(d)
        return self.out(self.expr(3))

    def namespace(self, depth):
        kind = self.r.random()
        start = self.tag(f"set ns = namespace({self.pick(['c=0', 'd', 'c=[]', 'd, c=1', 'c=0, found=false'])})")
        if kind < 0.4:
            return start + self.tag(f"set ns.c = {self.expr(2)}") + self.out("ns.c")
        if kind < 0.7:
            return start + self.tag(f"for x in {self.sequence(1)}") + self.tag(f"set ns.c = {self.pick(['ns.c + 1', 'loop.index', 'x', 'ns.c ~ x'])}") + self.body(depth, 1) + self.tag("endfor") + self.out("ns.c")
        if kind < 0.8:
            return start + self.tag(f"set ns.c, ns.e = {self.expr(1)}, {self.expr(1)}") + self.out("ns.c ~ ns.e")
        if kind < 0.9:
            return start + self.tag("set ns.c" + self.pick(["", " | upper"])) + self.body(depth, 1) + self.tag("endset") + self.out("ns.c")
        return self.tag(f"set {self.pick(['nowhere', 'i', 'd', 'ns'])}.c = 1") + self.out("ns.c is defined")

    def borrow(self):
        """Something out of another template."""
        name = self.quoted(self.pick(self.includes))
        kind = self.r.random()
        if kind < 0.55:
            return self.tag(f"include {name}" + self.pick(["", "", " ignore missing", " without context", " with context", " ignore missing with context"]))
        if kind < 0.7:
            return self.tag(f"include {self.pick(['[' + name + ']', '[' + self.quoted('nope') + ', ' + name + ']', 'tname', '(' + name + ' if b else ' + name + ')', 'ls', 'missing', '[]'])}" + self.pick(["", "", " ignore missing"]))
        if kind < 0.85:
            return self.tag(f"import {name} as z{self.pick(['', ' with context', ' without context'])}") + self.out(self.pick(["z.v", "z.w", "z.m0", "z.m0(1)", "z.missing", "z is defined", "z.x|default('-')"]))
        return self.tag(f"from {name} import {self.pick(['v', 'm0', 'w as v', 'v, w', 'x as y, v', '_p'])}{self.pick(['', ' with context'])}") + self.out(self.pick(["v", "w", "v is defined", "m0"]))

    def tree(self):
        body = self.out(self.pick(["x.n", "x.n ~ loop.depth", "loop.depth0 ~ ':' ~ x.n", "loop.index"])) + self.gap()
        body += self.pick([self.out("loop(x.c)"), self.tag("if x.c") + self.out("loop(x.c)") + self.tag("endif"), self.out("loop(x.c|reverse)"), self.tag("set sub = loop(x.c)") + self.out("sub|trim|length")])
        if self.chance(0.3):
            body += self.tag("else") + self.pick(["-", ".", ""])
        return self.tag("for x in trees" + self.pick(["", " if x.n", " if loop is undefined"]) + " recursive") + body + self.tag("endfor")

    def with_caller(self, depth):
        """A macro that calls back, and a call block for it."""
        name = f"m{len(self.macros)}"
        inner = self.pick([self.out("caller()"), self.out("caller(a)"), self.out("caller(a, 2)"), self.out("caller(b=a)"), self.tag("for x in l") + self.out("caller(x)") + self.tag("endfor"), self.out("caller(*varargs, **kwargs)"), self.out("caller.name ~ caller.arguments"), self.out("caller() if caller else '-'")])
        s = self.tag(f"macro {name}({self.pick(['a', 'a=1', 'a, b=2', 'a, caller=none', ''])})") + inner + self.gap() + self.tag("endmacro")
        self.macros.append(name)
        return s + self.tag(f"call{self.pick(['', '(a)', '(a, b=1)', '(*a)' if self.chance(0.05) else '(b)', '(x, y=i)'])} {name}({self.pick(['', '1', 's', '1, 2', 'a=3', '1, x=2'])})") + self.body(depth) + self.tag("endcall")

    def family(self, templates):
        """Templates that extend one another; the head of the last one."""
        for name, parent in self.pick([[("base", None)], [("base", None), ("mid", "base")], [("base", None), ("mid", "base"), ("low", "mid")]]):
            blocks = self.r.sample(["b0", "b8", "b9"], self.r.randrange(1, 4))
            text = self.tag(f"extends '{parent}'") if parent else self.body(1)
            for block in blocks:
                kind = self.pick(["", "", " scoped", " required" if self.chance(0.3) else "", " scoped required" if self.chance(0.2) else ""])
                inside = self.gap() if "required" in kind else self.pick([self.out("super()"), "", self.out("super.super()")] if parent else ["", self.out("self.b9()"), self.out("self.nosuch()" if self.chance(0.1) else "self.b0()")] if block == "b8" else [""]) + self.body(1)
                block_tag = self.tag(f"block {block}{kind}") + inside + self.tag("endblock" + self.pick(["", " " + block]))
                if not parent and self.chance(0.2):
                    block_tag = self.tag("for x in l") + block_tag + self.tag("endfor")
                elif self.chance(0.1):
                    block_tag = self.tag("if b") + block_tag + self.tag("endif")
                text += block_tag + (self.body(1) if not parent else self.gap())
            templates[name] = text
        head = self.pick([self.tag(f"extends '{name}'")] * 6 + [self.tag(f"extends {self.pick(['tname', 'missing', repr(name) + ' if b else ' + repr('base')])}"), self.tag("if b") + self.tag(f"extends '{name}'") + self.tag("endif")])
        for block in self.r.sample(["b0", "b8", "b9"], self.r.randrange(0, 3)):
            head += self.gap() + self.tag(f"block {block}{self.pick(['', '', ' scoped'])}") + self.pick([self.out("super()"), "", self.out("super()|upper"), self.out("super.super()"), self.out("self.b0()" if block == "b9" else "super")]) + self.body(1) + self.tag("endblock")
        return head

    def loop(self, depth):
        self.loops += 1
        saved = list(self.names)
        names = self.pick([["x"], ["x"], ["x"], ["v"], ["k", "v"], ["i"]])
        items = self.sequence(2) if len(names) == 1 else self.pick(["d.items()", "d|dictsort", "ll", "dd.items()", "ld|groupby('vlan')", "d|items", "[(1, 2), ('a', 'b')]", "ls|batch(2)"])
        head = f"for {', '.join(names)} in {items}"
        self.names = [*self.names, *names, *names]
        if self.chance(0.2):
            head += f" if {self.expr(2, self.chance(0.97))}"
        recursive = self.chance(0.05)
        if recursive:
            head += " recursive"
        uses = self.chance(0.4)
        body = ""
        if uses:
            body += self.out(self.pick(["loop.index", "loop.index0", "loop.first", "loop.last", "loop.length", "loop.revindex", "loop.revindex0", "loop.depth", "loop.cycle('a', 'b')", "loop.changed(x)", "loop.previtem", "loop.nextitem", "loop.previtem is defined", "loop.nextitem|default('-')", "loop"]))
        body += self.body(depth)
        if recursive:
            body += self.tag("if loop.depth < 3") + self.out(self.pick(["loop([1, 2])", "loop(l)", "loop(d)"])) + self.tag("endif")
        if self.chance(0.15):
            body += self.tag(f"if {self.expr(1)}") + self.tag(self.pick(["break", "continue"])) + self.tag("endif") + self.gap()
        s = self.tag(head) + body
        if self.chance(0.2):
            s += self.tag("else") + self.body(depth)
        self.names = saved
        self.loops -= 1
        return s + self.tag("endfor")

    def macro(self, depth):
        name = f"m{len(self.macros)}"
        parameters = self.pick(["", "a", "a, b", "a, b=2", "a='x', b=a", "a, b=none", "x=l", "a, a2=a, b=missing", "a=i, b=s|upper", "caller=1", "kwargs=2, a=1"])
        saved = list(self.names)
        self.names = [*self.names, *[p.split("=")[0].strip() for p in parameters.split(",") if p.strip()]]
        extra = self.pick(["", "", "", self.out("varargs"), self.out("varargs|join(',')"), self.out("kwargs|dictsort"), self.tag("for k, v in kwargs.items()") + self.out("k ~ v") + self.tag("endfor"), self.out("varargs[0]"), self.out("kwargs"), self.out("caller()"), self.out("caller(1)"), self.out("caller(i) if caller")])
        s = self.tag(f"macro {name}({parameters})") + self.body(depth) + extra + self.tag("endmacro")
        self.names = saved
        self.macros.append(name)
        return s

    # -------------------------------------------------------------- a case
    def case(self, ident):
        templates = {}
        if self.chance(0.2):
            for n in range(self.r.randrange(1, 4)):
                self.includes = sorted(templates)
                templates[f"inc{n}"] = self.body(2)
                self.macros = []
            self.includes = sorted(templates) + (["nothere"] if self.chance(0.2) else [])
        head = ""
        if self.chance(0.08):
            templates["lib"] = self.macro(2) + self.macro(2) + self.tag("set shared = " + self.expr(1))
            head = self.tag(f"import 'lib' as lib{self.pick(['', ' with context'])}") + self.tag(f"from 'lib' import m0, shared as v{self.pick(['', ' with context'])}")
            self.macros = ["lib.m0", "m0", "lib.m1"]
        if self.chance(0.08):
            head += self.family(templates)
        template = head + self.body(self.pick([1, 2, 2, 3]), self.r.randrange(1, 4))
        settings = {}
        if self.chance(0.4):
            settings["trim_blocks"] = True
        if self.chance(0.3):
            settings["lstrip_blocks"] = True
        if self.chance(0.2):
            settings["keep_trailing_newline"] = True
        if self.chance(0.05):
            settings["newline_sequence"] = "\r\n"
        if self.chance(0.12):
            settings["autoescape"] = True
        if self.chance(0.5):
            settings["undefined"] = self.pick(["strict", "chainable", "debug", "strict_chainable", "strict_chainable_falsy"])
        settings.update(self.delimiters)
        if self.lines:
            settings.update({"line_statement_prefix": "%%", "line_comment_prefix": "##"})
        if self.chance(0.03):
            settings["sandbox"] = self.pick([True, "immutable"])
        settings["extensions"] = ["do", "loopcontrols"]
        case = {"id": ident, "name": "main", "template": template, "templates": templates, "context": self.context(), "settings": settings}
        return case
