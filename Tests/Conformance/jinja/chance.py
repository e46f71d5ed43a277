#!/usr/bin/env python3
"""Random calls of a pack's filters and tests, answered by the tool's own code and by an engine; prints what differs.

    python chance.py PACK --command 'PRODUCT jinja' [--count N] [--seed S] [--only NAME]

PACK is ansible, avd, netlab or netutils; the interpreter has the packages that matrix_ansible.py or matrix_packs.py want.
Errors are compared as such, not by type. Exit status 1 when something differs.
"""
import argparse
import collections
import json
import os
import random
import resource
import shlex
import signal
import subprocess
import sys
import warnings

warnings.filterwarnings("ignore")
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import pack_packs  # noqa: E402
from engines import Jinja2Engine, load_pack  # noqa: E402

VALUES = ["'10.1.2.3'", "'10.1.2.3/24'", "'10.1.2.0/24'", "'192.0.2.0/31'", "'192.0.2.1/32'", "'2001:db8::1/64'", "'2001:db8::'", "'fe80::1'", "'::ffff:10.0.0.1'", "'10.0.0.1/255.255.255.0'", "['10.0.0.1', '2001:db8::1', 'x', '10.0.0.0/8']", "'00:1a:2b:3c:4d:5e'", "'001a.2b3c.4d5e'", "3232235777", "0", "1", "-1", "3", "24", "2.5", "-7.25", "1e6", "true", "false", "none", "''", "'a'", "'A b-C_d'", "'yes'", "'Ethernet1/2'", "'interface Gi1/0/1\\n ip address 10.0.0.1\\n'", "'é ü'", "'12'", "' 12 '", "'1.2.3'", "'4.20.1F'", "'1-3,5,7-9'", "'a,b;c'", "'{\"a\": [1, 2.0, null, \"x\"]}'", "'a: 1\\nb: [x, yes, 0x1f, 1.5, ~]\\n'", "'- 1\\n- {a: b}\\n'", "'key: |\\n  two\\n  lines\\n'", "[]", "[1, 2, 2, 3]", "[3, 1, 2]", "['b', 'a', 'B']", "[[1, 2], [3, [4, none]]]", "[1, 'a', none, true]", "{}", "{'a': 1, 'b': 'x'}", "{'a': {'x': [1], 'y': {'z': 1}}, 'b': none}", "{'a': {'x': [2], 'w': 5}}", "{1: 'a', 'k': 2.0}", "[{'name': 'e2', 'n': 2, 'l': [1]}, {'name': 'e1', 'n': 1, 'l': []}]", "[{'key': 'a', 'value': 1}]", "(1, 'two')", "'/etc/frr/frr.conf'", "'../a/./b.tar.gz'", "'https://user:pw@host.example:8443/p/a?q=1&r=2#frag'", "'2024-02-29 13:14:15'", "'%Y-%m-%d'", "'x=1 y=\"z w\"'", "'no'", "'\"quoted\" and \\'single\\''", "'trailing  \\n\\n'", "'a: b # c'", "'null'", "'010'", "'1e3'", "'1_000'", "'@x'", "'- x'", "'1:30'", "'0o17'", "'2024-01-02'", "'=~'", "'long ' * 30"]
WORDS = ["'name'", "'n'", "'a'", "'b'", "'x'", "'address'", "'network'", "'prefix'", "'netmask'", "'host'", "'net'", "'eq'", "'>='", "'lt'", "'md5'", "'sha256'", "'cisco'", "'linux'", "'bool'", "'\\\\d+'", "'(\\\\w)(\\\\d)'", "'^[a-z]'", "'.'", "','", "'-'", "'\\\\1'", "'key'", "'value'", "'append'", "'keep'", "0", "1", "2", "-1", "5", "16", "26", "64", "true", "false", "none", "['a']", "[1]", "{'a': 2}", "'10.0.0.0/8'", "'a.x'", "'K'", "'M'", "'c'", "'plain'", "'hostname'", "'semver'", "'strict'"]
KEYWORDS = ["recursive=true", "list_merge='append'", "list_merge='prepend_rp'", "ignorecase=true", "multiline=true", "indent=2", "sort_keys=false", "default_flow_style=true", "width=20", "levels=1", "skip_nulls=false", "attribute='name'", "case_sensitive=true", "key_name='k'", "value_name='v'", "version_type='loose'", "version_type='strict'", "isbits=true", "unit='K'", "default_unit='M'", "seed='s'", "wantlist=true", "style='c'", "decoration='! '", "prefix='x'", "postfix='y'", "convert_bool=true", "explicit_start=true", "default_style='\"'", "ensure_ascii=false", "separators=[',', ':']", "count=1", "fillvalue='-'", "skip_missing=true", "none_val='z'", "match_type='match'", "strict=true", "canonical=true", "allow_unicode=false", "reverse=true"]
SKIP = {"random_mac", "hashids_encode", "hashids_decode", "jc", "json_query", "vault", "unvault", "fileglob", "realpath", "expandvars", "expanduser", "from_xml", "to_xml", "validate", "fact_diff", "parse_cli", "parse_cli_textfsm", "parse_xml", "pop_ace", "from_csv", "from_ini", "to_ini", "json_diff", "json_patch", "json_patch_recipe", "to_prettytable", "reveal_ansible_type", "accumulate", "random", "shuffle", "password_hash", "type5_pw", "comp_type5", "strftime", "usable_range", "consolidate", "type_debug", "resolvable", "directory", "is_dir", "file", "is_file", "link", "is_link", "exists", "link_exists", "mount", "is_mount", "same_file", "is_same_file", "vaulted_file", "a_module", "ansible_type", "fqdn_valid", "default", "d", "map", "select", "reject", "selectattr", "rejectattr", "undefined", "defined", "secure_hash", "tcp_ping", "fqdn_to_ip", "is_fqdn_resolvable", "get_oui", "get_napalm_getters", "get_upgrade_path", "version_metadata", "get_nist_urls", "get_nist_vendor_platform_urls", "get_running_config_command", "clean_config", "sanitize_config", "config_compliance", "config_section_not_parsed", "diff_network_config", "feature_compliance", "find_unordered_cfg_lines", "section_config", "paloalto_panos_clean_newlines", "paloalto_panos_brace_to_set", "compare_cisco_type9", "encrypt_cisco_type9", "encrypt_juniper_type9", "decrypt_juniper_type9", "encrypt_type5", "encrypt_cisco_type5", "encrypt_type7", "encrypt_cisco_type7", "get_all_host"}
p = argparse.ArgumentParser()
p.add_argument("pack", choices=["ansible", "avd", "netlab", "netutils"])
p.add_argument("--command", required=True)
p.add_argument("--count", type=int, default=3000)
p.add_argument("--seed", type=int, default=1)
p.add_argument("--only")
p.add_argument("--show", type=int, default=3)
a = p.parse_args()
# Some of Ansible's filters list every address of a network.
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
engine = Jinja2Engine()
if a.pack == "ansible":
    engine.pack_setup.append(load_pack(os.path.join(here, "pack_ansible.py")).setup_community)
else:
    engine.pack_setup.append(getattr(pack_packs, "setup_" + a.pack))
plain = Jinja2Engine().environment({})
env = engine.environment({})
names = sorted((kind, n) for kind, table, base in (("|", env.filters, plain.filters), ("is", env.tests, plain.tests)) for n, f in table.items()
               if base.get(n) is not f and n.split(".")[-1] not in SKIP and not (a.pack == "ansible" and n.startswith(("ansible.", "community.general.keep", "community.general.re"))) and (a.only is None or n == a.only))
rng = random.Random(a.seed)
cases = []


class TooLong(BaseException):
    pass


def too_long(*_):
    raise TooLong


signal.signal(signal.SIGALRM, too_long)
tool = {"ansible": "ansible", "avd": "arista.avd", "netlab": "netlab", "netutils": "netutils"}[a.pack]
while len(cases) < a.count:
    kind, name = rng.choice(names)
    args = [rng.choice(WORDS if rng.random() < 0.7 else VALUES) for _ in range(rng.choice([0, 0, 1, 1, 1, 2]))]
    if rng.random() < 0.3:
        args.append(rng.choice(KEYWORDS))
    call = name + ("(" + ", ".join(args) + ")" if args else "")
    tail = " | list" if kind == "|" and name in ("zip", "zip_longest", "product", "permutations", "combinations", "from_yaml_all") else ""
    template = "{{ " + f"({rng.choice(VALUES)}) {kind} {call}{tail}" + " }}"
    c = {"id": str(len(cases)), "template": template, "context": {}, "packs": [tool], "needs": {"filters": [name]}}
    signal.alarm(2)
    try:
        answer = engine.render(c)
    except (TooLong, SystemExit):
        continue
    finally:
        signal.alarm(0)
    if answer.get("error", {}).get("type") == "MemoryError":
        continue
    if any(x in answer.get("output", "") for x in (" at 0x", "<class ", "<generator", "<bound method", "<itertools")):
        continue
    c["answer"], c["name"] = answer, name
    cases.append(c)
lines = "".join(json.dumps({k: v for k, v in c.items() if k not in ("answer", "name")}) + "\n" for c in cases)
out = subprocess.run(shlex.split(a.command), input=lines, capture_output=True, text=True, check=False)
got = [json.loads(x) for x in out.stdout.splitlines()]
if len(got) != len(cases):
    print("the engine ended at", cases[len(got)]["template"])
wrong, total = collections.defaultdict(list), collections.Counter(c["name"] for c in cases)
for c, g in zip(cases, got):
    if g.get("output") != c["answer"].get("output"):
        wrong[c["name"]].append((c, g))
for name, found in sorted(wrong.items(), key=lambda x: -len(x[1])):
    print(f"{name}: {len(found)} of {total[name]} differ")
    for c, g in found[:a.show]:
        print("   ", c["template"], "\n       tool  ", str(c["answer"].get("output", c["answer"].get("error")))[:150].replace("\n", "\\n"), "\n       engine", str(g.get("output", g.get("error")))[:150].replace("\n", "\\n"))
n = sum(len(x) for x in wrong.values())
print(f"{a.pack}: {len(cases) - n} of {len(cases)} equal")
sys.exit(1 if n else 0)
