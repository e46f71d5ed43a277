#!/usr/bin/env python3
"""Records what netlab renders for topologies of our own: its device templates, its own code, byte for byte.

    python record_netlab.py --out DIR [--devices frr,eos,...]      (interpreter with PyPI's `networklab`)

For each device and set of modules a topology is written, created and turned into configurations by netlab; every render is
a case. A device that does not know a module makes netlab refuse the topology, which is no failure here.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
DEVICES = ["frr", "eos", "iosv", "csr", "iosxr", "nxos", "cumulus_nvue", "vyos", "srlinux", "sros", "vptx", "dellos10", "arubacx", "routeros7", "bird", "sonic"]
SETS = {
    "plain": "",
    "igp": "module: [ ospf, bfd ]\nospf.bfd: true\n",
    "bgp": "module: [ ospf, bgp ]\nbgp.as: 65000\nbgp.community.ibgp: [ standard, extended ]\n",
    "isis": "module: [ isis, bgp ]\nbgp.as: 65001\naddressing.loopback.ipv6: 2001:db8:1::/48\naddressing.p2p.ipv6: 2001:db8:2::/48\n",
    "vlan": "module: [ vlan, ospf ]\nvlans:\n  red:\n  blue:\n    mode: bridge\n",
    "vrf": "module: [ vrf, ospf, bgp ]\nbgp.as: 65002\nvrfs:\n  tenant:\n    ospf.active: true\n",
    "evpn": "module: [ vlan, vxlan, ospf, bgp, evpn ]\nbgp.as: 65003\nvlans:\n  red:\n    mode: bridge\nevpn.session: [ ipv4 ]\n",
    "policy": "module: [ routing, bgp ]\nbgp.as: 65004\nrouting:\n  prefix:\n    own: [ { action: permit, ipv4: 10.0.0.0/8, min: 24 } ]\n  policy:\n    out: [ { match: { prefix: own }, set: { med: 50, locpref: 200 } } ]\n  static:\n  - ipv4: 192.0.2.0/24\n    nexthop.discard: true\n",
}
LINKS = {
    "vlan": "- r1:\n  r2:\n  vlan.trunk: [ red, blue ]\n- r1:\n  vlan.access: red\n- r2-r3\n",
    "evpn": "- r1-r2\n- r2-r3\n- r1:\n  vlan.access: red\n- r3:\n  vlan.access: red\n",
    "vrf": "- r1-r2\n- r2-r3\n- r1:\n  vrf: tenant\n",
}
RUNNER = """
import sys
sys.path.insert(0, {here!r})
sys.dont_write_bytecode = True
sys.setrecursionlimit(5000)
import jinjarec
sink = jinjarec.Sink({part!r}, "netlab", keep_custom=True, undefined_names={{"netsim.utils.filters.j2_Undefined": "strict_chainable_falsy"}})
sink.reduce = True
sink.where = lambda: {where!r}
jinjarec.install(sink)
from netsim.cli import create
try:
    create.run(["topology.yml"])
    from netsim.cli import initial
    initial.run(["--output", "cfg"])
finally:
    sink.close()
"""
p = argparse.ArgumentParser()
p.add_argument("--out", required=True)
p.add_argument("--devices", default=",".join(DEVICES))
p.add_argument("--jobs", type=int, default=2)
a = p.parse_args()
os.makedirs(a.out, exist_ok=True)


def record(device, name):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "topology.yml"), "w", encoding="utf-8") as f:
            f.write(f"provider: clab\ndefaults.device: {device}\n{SETS[name]}nodes: [ r1, r2, r3 ]\nlinks:\n" + LINKS.get(name, "- r1-r2\n- r2-r3\n- r1\n"))
        part = os.path.join(folder, "part.jsonl")
        code = RUNNER.format(here=here, part=part, where=f"{device}:{name}")
        environment = dict(os.environ, PATH=os.path.dirname(sys.executable) + ":" + os.environ["PATH"], HOME=folder, NO_COLOR="1")
        try:
            subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return []
        if not os.path.exists(part):
            return []
        with open(part, encoding="utf-8") as f:
            return [json.loads(x) for x in f if x.strip()]


work = [(d, n) for d in a.devices.split(",") for n in SETS]
seen, n = set(), 0
with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool, open(os.path.join(a.out, "netlab.jsonl"), "w", encoding="utf-8") as out:
    for found in pool.map(lambda x: record(*x), work):
        for case in found:
            key = json.dumps({k: case.get(k) for k in ("template", "name", "templates", "context", "settings")}, sort_keys=True)
            if key in seen or " at 0x" in case["expect"].get("output", ""):
                continue
            seen.add(key)
            n += 1
            case["id"] = f"netlab/{n:05d}"
            out.write(json.dumps(case, ensure_ascii=False) + "\n")
print("netlab", n)
