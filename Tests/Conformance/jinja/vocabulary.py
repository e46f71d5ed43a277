"""The words that random templates are made of: data, filters, tests, methods and formats. Used by grammar.py."""
WORDS = ["a", "B", "eth0", "Ethernet1/1", "10.0.0.1/24", "x y", "", " pad ", "it's", "q\"q", "ünï", "日本", "e\u0301", "a,b,,c", "42", "-7", "3.5", "1e3",
         "0x1f", "line1\nline2\n", "\ttab", "<b>&", "%s", "%d%%", "{}", "{0}:{1}", "A-b c", "ΑΣ", "ß", "true", "none", "a\\b", "\r\n", "ǆ", "v10", "v9", "😀"]
NAMES = ["i", "n", "f", "s", "t", "e", "l", "ls", "ll", "ld", "d", "dd", "b", "none_", "big", "mixed", "tup", "ml", "mk", "trees"]
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
ARITIES = {"abs": "", "attr": "s", "batch": "nx", "capitalize": "", "center": "n", "count": "", "default": "xb", "dictsort": "bsb", "escape": "", "filesizeformat": "b", "first": "", "float": "x", "forceescape": "", "format": "xx", "groupby": "sxb",
           "indent": "nbb", "int": "xn", "items": "", "join": "ss", "last": "", "length": "", "list": "", "lower": "", "map": "sx", "max": "bs", "min": "bs", "pprint": "", "reject": "sx", "rejectattr": "ssx", "replace": "ssn", "reverse": "", "round": "ns",
           "safe": "", "select": "sx", "selectattr": "ssx", "slice": "nx", "sort": "bbs", "string": "", "striptags": "", "sum": "sx", "title": "", "tojson": "n", "trim": "s", "truncate": "nbsn", "unique": "bs", "upper": "", "urlencode": "", "urlize": "nbs",
           "wordcount": "", "wordwrap": "nbs", "xmlattr": "b"}
KEYWORDS = ["attribute='name'", "attribute=0", "default='z'", "case_sensitive=true", "reverse=b", "by='value'", "boolean=true", "start=1", "first=true", "blank=b", "width=3", "fill_with='-'", "linecount=2", "precision=1", "method='ceil'", "length=4", "end='~'", "leeway=0",
            "killwords=true", "default_value='D'", "chars=' E'", "base=8", "indent=1", "d='+'", "binary=true", "wrapstring='|'", "break_long_words=false", "break_on_hyphens=false", "autospace=false", "count=1", "nosuch=1", "trim_url_limit=5", "rel='x'"]
STRINGS = ["'name'", "'vlan'", "'x.y'", "'0'", "'vlan,name'", "'upper'", "'int'", "'odd'", "'equalto'", "'in'", "'defined'", "'a'", "''", "' '", "'-'", "'value'", "'floor'", "'nosuch'", "'e'", "s", "none", "1"]
DELIMITERS = [{"block_start_string": "<%", "block_end_string": "%>", "variable_start_string": "<<", "variable_end_string": ">>", "comment_start_string": "<#", "comment_end_string": "#>"},
              {"block_start_string": "[%", "block_end_string": "%]", "variable_start_string": "${", "variable_end_string": "}", "comment_start_string": "<!--", "comment_end_string": "-->"},
              {"block_start_string": "{{%", "block_end_string": "%}}"}, {"variable_start_string": "((", "variable_end_string": "))"}]
SPECS = ["%s", "%d", "%05d", "%-6s|", "%+d", "%x", "%#x", "%o", "%e", "%.2f", "%08.3f", "%g", "%r", "%c", "%%", "%5.1f", "% d", "%i", "%(a)s", "%.3s", "%*d"]
BRACES = ["{}", "{0}", "{1}-{0}", "{:>6}", "{:<6}|", "{:^7}", "{:*^9}", "{:05d}", "{:+}", "{:,}", "{:x}", "{:#b}", "{:.2f}", "{:e}", "{:%}", "{!r}", "{a}", "{0[0]}", "{:{}}", "{:_}", "{{}}", "{:c}", "{:08.3f}", "{:n}", "{:s}"]
