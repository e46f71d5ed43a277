"""Random templates with data and settings, out of one seed: the generator behind fuzz.py.

What comes out is meant to run: expressions are typed more often than not, names exist more often than not, loops are
short. What is wrong on purpose (a missing name, a text where a number belongs, an unknown filter) is wrong rarely enough
that a case fails in one place and not in ten.
"""
import random

WORDS = ["a", "B", "eth0", "Ethernet1/1", "10.0.0.1/24", "x y", "", " pad ", "it's", "q\"q", "ünï", "日本", "e\u0301", "a,b,,c", "42", "-7", "3.5", "1e3",
         "0x1f", "line1\nline2\n", "\ttab", "<b>&", "%s", "%d%%", "{}", "{0}:{1}", "A-b c", "ΑΣ", "ß", "true", "none", "a\\b", "\r\n", "ǆ", "v10", "v9", "😀"]
NAMES = ["i", "n", "f", "s", "t", "e", "l", "ls", "ll", "ld", "d", "dd", "b", "none_", "big", "mixed", "tup", "ml"]
MISSING = ["missing", "ghost"]

FILTERS = ["abs", "attr('name')", "attr('a')", "batch(2)", "batch(2, 'x')", "capitalize", "center(9)", "count", "d", "default('D')", "default('D', true)", "default(1, false)", "dictsort",
           "dictsort(true)", "dictsort(by='value')", "dictsort(reverse=true)", "e", "escape", "filesizeformat", "filesizeformat(true)", "first", "float", "float(2.5)", "forceescape", "format(1)",
           "format('a', 2)", "groupby('vlan')", "groupby('name', default='z')", "groupby('name', case_sensitive=true)", "indent", "indent(2)", "indent(2, true)", "indent(width=3, first=true, blank=true)",
           "indent('> ')", "int", "int(5)", "int(base=16)", "int(7, 8)", "items", "join", "join(',')", "join('-', attribute='name')", "last", "length", "list", "lower", "map('upper')", "map(attribute='name')",
           "map(attribute='vlan', default=0)", "map('default', 'x')", "map('int')", "max", "min", "max(attribute='vlan')", "min(case_sensitive=true)", "pprint", "reject('odd')", "reject('none')", "rejectattr('up')",
           "rejectattr('vlan', 'equalto', 20)", "replace('e', 'X')", "replace('a', '', 1)", "replace('', '-')", "reverse", "round", "round(1)", "round(2, 'floor')", "round(0, 'ceil')", "round(-1)",
           "safe", "select", "select('odd')", "select('string')", "select('gt', 1)", "selectattr('up')", "selectattr('vlan', 'gt', 10)", "selectattr('name', 'defined')", "slice(2)", "slice(3, 'f')", "sort", "sort(true)",
           "sort(reverse=true, case_sensitive=true)", "sort(attribute='vlan')", "sort(attribute='vlan,name')", "string", "striptags", "sum", "sum(attribute='vlan')", "sum(start=5)", "title", "tojson", "tojson(2)",
           "trim", "trim('a')", "truncate(5)", "truncate(5, true)", "truncate(7, false, '..')", "truncate(3, true, '', 0)", "unique", "unique(true)", "unique(attribute='vlan')", "upper", "urlencode", "urlize", "wordcount", "wordwrap(5)",
           "wordwrap(4, false)", "wordwrap(5, true, '|')", "xmlattr", "xmlattr(false)", "nosuch"]
TESTS = ["boolean", "callable", "defined", "undefined", "divisibleby 2", "divisibleby(3)", "eq 1", "equalto('a')", "escaped", "even", "odd", "false", "true", "filter", "float", "ge 2", "gt 1", "greaterthan 0", "in [1, 2, 'a']",
         "in 'abc'", "in d", "integer", "iterable", "le 3", "lower", "upper", "lt 5", "lessthan 2", "mapping", "ne 1", "none", "number", "sameas none", "sameas true", "sequence", "string", "test", "nosuchtest"]
METHODS = ["upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "strip()", "lstrip()", "rstrip('1')", "strip('Et0')", "split()", "split(',')", "split('e', 1)", "rsplit('/', 1)", "rsplit(none, 1)", "splitlines()",
           "splitlines(true)", "partition('/')", "rpartition(' ')", "replace('e', 'X')", "replace('', '.', 2)", "startswith('E')", "startswith(('a', 'e'))", "endswith('1')", "find('e')", "rfind('e')", "find('e', 2)", "index('e')", "count('a')",
           "isdigit()", "isalpha()", "isalnum()", "isupper()", "islower()", "isspace()", "isnumeric()", "istitle()", "isidentifier()", "center(9, '*')", "ljust(8)", "rjust(8, '0')", "zfill(6)", "expandtabs(4)", "join(['a', 'b'])",
           "join(l)", "removeprefix('Eth')", "removesuffix('1')", "format(1, 2)", "format(*ls)", "encode()", "translate({97: 'b'})", "append(9)", "extend([7, 8])", "insert(1, 'z')", "pop()", "pop(0)", "pop('a', none)", "remove(2)", "index(2)", "count(1)",
           "reverse()", "sort()", "copy()", "clear()", "get('a')", "get('z', 5)", "items()", "keys()", "values()", "items()|list", "setdefault('z', [])", "update({'q': 1})", "update(a=5)", "popitem()", "bit_length()", "is_integer()", "nosuch()"]
SPECS = ["%s", "%d", "%05d", "%-6s|", "%+d", "%x", "%#x", "%o", "%e", "%.2f", "%08.3f", "%g", "%r", "%c", "%%", "%5.1f", "% d", "%i", "%(a)s", "%.3s", "%*d"]
BRACES = ["{}", "{0}", "{1}-{0}", "{:>6}", "{:<6}|", "{:^7}", "{:*^9}", "{:05d}", "{:+}", "{:,}", "{:x}", "{:#b}", "{:.2f}", "{:e}", "{:%}", "{!r}", "{a}", "{0[0]}", "{:{}}", "{:_}", "{{}}", "{:c}", "{:08.3f}", "{:n}", "{:s}"]


class Grammar:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.loops = 0
        self.macros = []
        self.names = list(NAMES)
        self.includes = []
        self.blocks = 0
        self.spaces = self.r.random() < 0.4

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
                "big": {"$py": "int", "v": "123456789012345678901234567890"}, "mixed": [1, "1", 1.0, True, None, "a", "A"][:r.randrange(8)], "tup": {"$py": "tuple", "v": [1, "b", 2.5]}, "ml": "one\ntwo\n\n  three\n"}

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

    def number(self, depth):
        k = self.r.random()
        if depth <= 0 or k < 0.3:
            return self.pick(["i", "n", "f", "0", "1", "2", "3", "7", "-1", "2.5", "10", "true"])
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
            inner = f"{base}|{self.pick(FILTERS)}"
            while self.chance(0.3):
                inner += f"|{self.pick(FILTERS)}"
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
        if self.macros and self.chance(0.5):
            return f"{self.pick(self.macros)}({self.args(depth, self.r.randrange(4))})"
        return self.pick([f"range({self.pick(['3', 'i', '5, 1, -1', '2, 6'])})", f"dict(a={self.expr(depth)}, b=1)", f"dict(d, c=2)", "namespace(x=1).x", "joiner()()", "cycler(1, 2).next()", f"namespace(v={self.expr(depth)})", "lipsum is defined"])

    # -------------------------------------------------------------- statements
    def tag(self, inside):
        left = self.pick(["", "", "", "", "-", "-", "+"]) if self.spaces else ""
        right = self.pick(["", "", "", "", "-", "-", "+"]) if self.spaces else ""
        return "{%" + left + " " + inside + " " + right + "%}"

    def out(self, inside):
        left = self.pick(["", "", "", "-"]) if self.spaces else ""
        right = self.pick(["", "", "", "-"]) if self.spaces else ""
        return "{{" + left + " " + inside + " " + right + "}}"

    def gap(self):
        if not self.spaces:
            return self.pick(["", "", " ", ";", "\n"])
        return self.pick(["", "", "\n", "  \n", "\n  ", " ", "\t", "\n\n", "x", " y\n", "\r\n", "{# c #}", "{#- c -#}", "  {# c\n#}\n", "{% raw %} {{ r }} {% endraw %}"])

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
                return self.tag("set ns = namespace(c=0)") + self.tag(f"set ns.c = {self.expr(2)}") + self.out("ns.c")
            value = self.expr(2)
            return self.tag(f"set {self.target()} = {value}")
        if k < 0.79:
            target = self.target()
            return self.tag(f"set {target}" + (f" | {self.pick(['upper', 'trim', 'indent(2)', 'length'])}" if self.chance(0.4) else "")) + self.body(d) + self.tag("endset")
        if k < 0.84:
            return self.macro(d)
        if k < 0.87:
            return self.tag(f"filter {self.pick(['upper', 'trim', 'replace(1, 2)', 'indent(2)', 'e', 'title', 'wordcount'])}") + self.body(d) + self.tag("endfilter")
        if k < 0.9:
            return self.tag(f"with {self.target()} = {self.expr(2)}" + (f", {self.target()} = {self.expr(1)}" if self.chance(0.3) else "")) + self.body(d) + self.tag("endwith")
        if k < 0.93:
            return self.tag(f"do {self.pick(['l', 'd', 'ls', 'ld', 's'])}.{self.pick(METHODS[46:62] + ['append(i)', 'update({s: i})', 'extend(ls)'])}")
        if k < 0.95 and self.includes:
            return self.tag(f"include {self.quoted(self.pick(self.includes))}" + self.pick(["", "", " ignore missing", " without context", " with context"]))
        if k < 0.97 and self.macros:
            return self.tag(f"call{self.pick(['', '(a)', '(a, b=1)'])} {self.pick(self.macros)}({self.args(1, self.r.randrange(3))})") + self.body(d) + self.tag("endcall")
        if k < 0.98:
            self.blocks += 1
            return self.tag(f"block b{self.blocks}{self.pick(['', ' scoped'])}") + self.body(d) + self.tag("endblock")
        if k < 0.985:
            return self.tag(f"autoescape {self.pick(['true', 'false', 'b'])}") + self.body(d) + self.tag("endautoescape")
        return self.out(self.expr(3))

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
        parameters = self.pick(["", "a", "a, b", "a, b=2", "a='x', b=a", "a, b=none", "x=l"])
        saved = list(self.names)
        self.names = [*self.names, *[p.split("=")[0].strip() for p in parameters.split(",") if p.strip()]]
        extra = self.pick(["", "", "", self.out("varargs"), self.out("kwargs"), self.out("caller()"), self.out("caller(1)"), self.out("caller(i) if caller")])
        s = self.tag(f"macro {name}({parameters})") + self.body(depth) + extra + self.tag("endmacro")
        self.names = saved
        self.macros.append(name)
        return s

    # -------------------------------------------------------------- a case
    def case(self, ident):
        templates = {}
        if self.chance(0.2):
            for n in range(self.r.randrange(1, 3)):
                templates[f"inc{n}"] = self.body(2)
                self.macros = []
            self.includes = sorted(templates) + (["nothere"] if self.chance(0.2) else [])
        head = ""
        if self.chance(0.08):
            templates["lib"] = self.macro(2) + self.macro(2) + self.tag("set shared = " + self.expr(1))
            head = self.tag(f"import 'lib' as lib{self.pick(['', ' with context'])}") + self.tag(f"from 'lib' import m0, shared as v{self.pick(['', ' with context'])}")
            self.macros = ["lib.m0", "m0", "lib.m1"]
        if self.chance(0.06):
            templates["base"] = self.body(1) + self.tag("block b0") + self.body(1) + self.tag("endblock") + self.body(1) + self.tag("block b9") + self.out("self.b0()") + self.tag("endblock")
            head += self.tag("extends 'base'")
            head += self.tag("block b9") + self.out("super()") + self.body(1) + self.tag("endblock")
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
        settings["extensions"] = ["do", "loopcontrols"]
        case = {"id": ident, "name": "main", "template": template, "templates": templates, "context": self.context(), "settings": settings}
        return case
