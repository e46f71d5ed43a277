#!/usr/bin/env python3
"""Our own probe cases for the packs `arista.avd`, `netlab`, `netutils`, answered by the tools' own code.

    python matrix_packs.py --out DIR PACK ...      (interpreter with PyPI's pyavd, networklab, netutils)
"""
import argparse
import json
import os
import signal
import sys

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, here)
import pack_packs  # noqa: E402
from engines import Jinja2Engine  # noqa: E402
import jinjarec  # noqa: E402

sys.setrecursionlimit(5000)
p = argparse.ArgumentParser()
p.add_argument("--out", required=True)
p.add_argument("packs", nargs="+")
a = p.parse_args()
os.makedirs(a.out, exist_ok=True)
CONTEXT = {
    "ports": ["Ethernet10", "Ethernet2", "ethernet1", "Ethernet1/1/2", "Ethernet1/1/10", "Port-Channel3", "Vlan007", "vlan7", "Loopback0", "", "é2", "é10"], "mixed": [10, "9", 2.5, None, True, "10", [2], "x1y2", "x1y10"], "nested": {"b10": {"v": 1}, "b9": {"v": 2}, "a": {"v": 3}}, "flat": {"x": 1, "y": {"z": 2}, "w": None},
    "rows": [{"name": "leaf10", "id": 3}, {"name": "leaf9", "id": 10}, {"name": "Leaf1", "id": None}, {"name": "spine1"}], "norows": [], "word": "Ethernet1", "num": 5, "neg": -3, "fl": 1.5, "yes": True, "nul": None, "emptytext": "", "nums": [5, 1, 2, 3, 9, 8, 2, 100], "one": [7], "texts": ["1", "2"],
    "esi": "0303:0202:0101", "snmp": {"passphrase": "secretphrase", "auth": "sha", "engine_id": "f5717f444ca824448b00", "priv": "aes"}, "host": "dc1-leaf1a", "md": "# Title\n<!-- toc -->\n<!-- toc -->\n## One two\ntext\n### Deep-er _x_ & y\n#### Deepest\n## One two\n## Ünïcode ﬁne\n#nohead\n ## indented\n",
    "v4": "192.0.2.10", "v4p": "192.0.2.10/24", "v4n": "192.0.2.0/24", "p2p": "10.0.0.1/31", "p32": "10.255.0.1/32", "v6": "2001:db8::10", "v6p": "2001:db8:0:1::10/64", "v6n": "2001:db8::/32", "ll": "fe80::1", "nm": "192.0.2.10/255.255.255.0", "bad": "not an address", "big": 3232235777, "v4list": ["192.0.2.1/24", "x"],
    "mac": "00:1a:2b:3c:4d:5e", "macd": "001a.2b3c.4d5e", "macb": "001a2b3c4d5e", "d1": {"a": {"x": 1, "l": [1]}, "b": 2}, "d2": {"a": {"y": 2, "l": [2]}, "c": [3]}, "deep": [1, [2, [3, [4, None]]], "a"], "tup": [[1, 2], 3],
}
sets = {}


def ex(pack, expression, **settings):
    sets.setdefault(pack, []).append(("{{ " + expression + " }}", settings))


def each(pack, table, sign="|", prefix="", **settings):
    for call, values in table.items():
        for v in values:
            ex(pack, f"{v} {sign} {prefix}{call}", **settings)


AVD_FILTERS = {
    "natural_sort": ["ports", "mixed", "nested", "rows", "norows", "nul", "missing", "word", "num", "ports | reverse", "nums"], "natural_sort('name')": ["rows", "ports", "norows"], "natural_sort('id')": ["rows", "rows[:2]", "rows[:3]"], "natural_sort('id', strict=false)": ["rows"], "natural_sort('id', default_value=5)": ["rows"], "natural_sort(sort_key='name', ignore_case=false)": ["rows"], "natural_sort(ignore_case=false)": ["ports"], "natural_sort('name', true)": ["rows"], "natural_sort | join(',')": ["ports", "nested"], "natural_sort('name') | map(attribute='name') | list": ["rows"],
    "default": ["nul", "num", "missing"], "default('x')": ["nul", "missing", "missing.a.b", "emptytext", "yes", "false", "0", "word"], "default(nul, missing, 'last')": ["nul"], "default(nul, nul)": ["missing"], "default(default_value=1)": ["nul"],
    "range_expand": ["'Ethernet1-3'", "'Ethernet1-2/3-4'", "'Ethernet1-2/3/4-5'", "'Ethernet1/2/3/4'", "'Ethernet1.10-12'", "'Eth1-2,5,Vlan10-11,20'", "['Ethernet1-2', '5']", "['Eth1', ['Po2-3']]", "'1-3'", "''", "'Ethernet'", "'Ethernet3-1'", "'Ethernet1-2/3-1'", "'Ethernet3-1/1'", "'Eth1/3-1/2'", "'Eth1.5-3'", "'Eth1-'", "'Eth1-/3'", "'Eth1/x'", "'Eth1/2/x'", "'Eth-1'", "'Eth1. 2'", "num", "nul", "d1", "'65000.1-3'", "'Ethernet1-2.1-2'", "'A1,,B2'", "'Ethernet 1-2'", "'x\\ny1'", "'007-009'", "range(3)", "(1, 'a2')", "'Eth1-2-3'", "'Eth1--3'", "'e1/1-2.3,4'"],
    "list_compress": ["nums", "one", "norows", "texts", "num", "nul", "[1, 2, 3]", "[3, 2, 1]", "[true, 2]", "[-2, -1, 0, 1, 5]", "[1, 1, 2, 3, 3]", "[4094, 1]", "(1, 2)", "[18446744073709551616, 18446744073709551617]", "[1.5]"],
    "hide_passwords": ["word", "num"], "hide_passwords(true)": ["word", "nul"], "hide_passwords(false)": ["word"], "hide_passwords('yes')": ["word"], "hide_passwords(hide_passwords=true)": ["word"], "hide_passwords(1)": ["word"],
    "is_in_filter": ["host"], "is_in_filter(nul)": ["host"], "is_in_filter(['all'])": ["host"], "is_in_filter(['dc1'])": ["host"], "is_in_filter(['dc2', 'leaf1'])": ["host"], "is_in_filter(['dc2'])": ["host", "num"], "is_in_filter([])": ["host"], "is_in_filter('all')": ["host"], "is_in_filter([1])": ["host"],
    "status_render('github')": ["'PASS'", "'fail'", "'skip'"], "status_render('plain')": ["'PASS'", "num"],
    "add_md_toc": ["md", "word", "num", "'<!-- toc -->'"], "add_md_toc(skip_lines=4)": ["md"], "add_md_toc(toc_levels=2)": ["md"], "add_md_toc(toc_levels=6)": ["md"], "add_md_toc(0, 3, '# Title')": ["md"], "add_md_toc(toc_levels=0)": ["md"], "add_md_toc(skip_lines='a')": ["md"], "add_md_toc(toc_marker='')": ["md"],
    "encrypt": ["word"], "encrypt('bgp')": ["word"], "encrypt('bgp', 'PEERS')": ["word", "num", "emptytext", "'a'", "'1234567890123456789'", "'pässword'"], "encrypt('bgp', key='10.0.0.1')": ["word"], "encrypt(passwd_type='ospf_simple', key='Ethernet1')": ["word"], "encrypt('ospf_message_digest', 'Ethernet1', hash_algorithm='sha512', key_id='1')": ["word"], "encrypt('ospf_message_digest', 'Ethernet1')": ["word"], "encrypt('ospf_message_digest', 'Ethernet1', hash_algorithm='x', key_id=1)": ["word"], "encrypt('isis', 'EVPN', mode='md5')": ["word"], "encrypt('isis', 'EVPN', mode='sha-256')": ["word"], "encrypt('isis', 'EVPN')": ["word"], "encrypt('isis', 'EVPN', mode='zz')": ["word"],
    "encrypt('ntp', salt=7)": ["word", "'pässword'"], "encrypt('tacacs', salt=15)": ["word"], "encrypt('radius', salt=0)": ["word"], "encrypt('radius')": ["word"], "encrypt('nosuch', 'x')": ["word"], "encrypt('bgp', 'x', mode='y')": ["word"], "encrypt('bgp', '')": ["word"],
    "decrypt('bgp', 'PEERS')": ["word | arista.avd.encrypt('bgp', 'PEERS')", "'3QGcqpU2YTwKh2jVQ4Vj/A=='", "'AAAA'", "'%%'"], "decrypt('bgp', 'OTHER')": ["word | arista.avd.encrypt('bgp', 'PEERS')"], "decrypt('isis', 'EVPN', mode='text')": ["word | arista.avd.encrypt('isis', 'EVPN', mode='text')"], "decrypt('ospf_simple', 'Ethernet1')": ["word | arista.avd.encrypt('ospf_simple', 'Ethernet1')"], "decrypt('ospf_message_digest', 'Ethernet1', hash_algorithm='md5', key_id=2)": ["word | arista.avd.encrypt('ospf_message_digest', 'Ethernet1', hash_algorithm='md5', key_id=2)"], "decrypt('ntp')": ["'070E234F1F5B4A'", "'08651D0A043C3705561E0B54322E2B3C2B0751'", "'xx'", "'07zz'"], "decrypt('radius')": ["word | arista.avd.encrypt('radius', salt=3)"],
    "secure_hash('salty')": ["word", "emptytext", "num", "'a much longer password than sixty four bytes, so that the digest is used more than once, indeed'"], "secure_hash('0123456789abcdef')": ["word"], "secure_hash('0123456789abcdefg')": ["word"], "secure_hash('')": ["word"], "secure_hash('sa$t')": ["word"], "secure_hash('salty', 'md5')": ["word"], "secure_hash('./AZaz09')": ["word"],
    "snmp_hash": ["snmp", "{'passphrase': 'x', 'auth': 'md5', 'engine_id': '01'}", "{'passphrase': 'x', 'auth': 'sha256', 'engine_id': '01', 'priv': 'aes256'}", "{'passphrase': 'x', 'auth': 'sha512', 'engine_id': '0a0b', 'priv': 'aes192'}", "{'passphrase': 'x', 'auth': 'md5', 'engine_id': '01', 'priv': 'aes256'}", "{'passphrase': 'x', 'auth': 'sha224', 'engine_id': '01', 'priv': 'des'}", "{'passphrase': 'x', 'auth': 'sha384', 'engine_id': '01'}", "{'passphrase': 'x', 'auth': 'zz', 'engine_id': '01'}", "{'passphrase': 'x', 'auth': 'sha', 'engine_id': 'xyz'}", "{'passphrase': 'x', 'auth': 'sha', 'engine_id': '01', 'priv': 'zz'}", "{'auth': 'sha'}"],
    "_mandatory": ["nul", "missing", "num"], "_mandatory('say')": ["nul"],
}
AVD_TESTS = {
    "defined": ["word", "nul", "missing", "missing.a.b", "emptytext", "false", "num"], "defined('Ethernet1')": ["word", "num", "nul"], "defined(5)": ["num", "fl"], "defined(true)": ["yes", "num", "1"], "defined(var_type='str')": ["word", "num"], "defined(var_type='INT')": ["num", "yes"], "defined(var_type='nosuch')": ["num"], "defined(var_type='dict')": ["d1", "rows"], "defined(var_type='list')": ["rows"], "defined(var_type='float')": ["fl"], "defined(var_type='tuple')": ["(1,)"], "defined(fail_action='error')": ["missing", "nul", "num"], "defined(fail_action='error', var_name='x.y')": ["missing"], "defined('a', fail_action='error', var_name='x.y')": ["word"], "defined('a', fail_action='warning')": ["word"], "defined(var_type='str', fail_action='error')": ["num"],
    "contains('1')": ["texts", "num", "nul", "missing", "word"], "contains(['9', '2'])": ["texts"], "contains(['9'])": ["texts"], "contains(nul)": ["texts", "[none]"], "contains": ["texts"], "contains({'a': 1})": ["[{'a': 1}]"], "contains([1])": ["[[1]]", "rows"], "contains([])": ["texts"], "contains(1)": ["[true]"],
}
NETLAB_QUERIES = ["", "address", "ip", "prefix", "prefixlen", "network", "netmask", "hostmask", "broadcast", "subnet", "host", "cidr", "size", "first", "last", "version", "value", "0", "1", "-1", "300", "nosuch"]
NETLAB_VALUES = ["v4", "v4p", "v4n", "p2p", "p32", "v6", "v6p", "v6n", "ll", "nm", "bad", "emptytext", "big", "yes", "nul", "missing", "v4list", "d1"]
NETLAB_FILTERS = {
    "hwaddr": ["mac", "bad", "nul"], "flatten": ["deep", "word", "tup", "num", "norows", "nul", "d1.values()"], "flatten(1)": ["deep"], "flatten(levels=2)": ["deep"], "flatten(0)": ["deep"], "ansible.builtin.flatten": ["deep"], "difference([2, 3])": ["nums"], "difference(2)": ["nums", "num"], "difference('1')": ["texts", "word"], "ansible.builtin.difference([1])": ["nums"], "combine(d2)": ["d1", "nul"], "combine({})": ["d1"], "combine('x')": ["d1"], "combine(d2, recursive=true)": ["d1"], "combine({'a': 1})": ["d1"], "combine(d1)": ["{}"], "ansible.builtin.combine(d2)": ["d1"],
}
NETUTILS = {
    "asn_to_int": ["'65000'", "'1.10'", "'65535.65535'", "'x'"], "int_to_asdot": ["65000", "65546", "4294967295", "'x'", "5000000000"], "bits_to_name": ["1000", "1000000000", "10", "1234567", "999", "1500"], "bits_to_name(nbr_decimal=1)": ["1234567", "1500"], "bytes_to_name": ["1000", "1250000", "125000", "10"], "bytes_to_name(nbr_decimal=2)": ["1234567"], "name_to_bits": ["'10Gbps'", "'1Mbps'", "'5 bps'", "'x'", "'1.5Gbps'"], "name_to_bytes": ["'10GBps'", "'1MBps'", "'10Gbps'"], "name_to_name('Mbps')": ["'10Gbps'", "'10Kbps'"], "name_to_name('Kbps', 1)": ["'10Gbps'"],
    "interface_range_expansion": ["'Ethernet1/[1-3]'", "'GigabitEthernet0/0/[1,3-4]'", "'Eth[1-2]/[1-2]'", "'Eth1'", "'Eth[1-2'"], "interface_range_compress": ["['Gi1/0/1', 'Gi1/0/2', 'Gi1/0/3', 'Gi1/0/5']", "['Gi1']", "[]"], "split_interface": ["'GigabitEthernet1/0/1'", "'Ethernet'", "'Vlan 10'", "'Po1.100'"], "canonical_interface_name": ["'Gi1/0/1'", "'gi 1/0/1'", "'Po10'", "'Eth1'", "'Te1/1'", "'Hu0/0/0/1'", "'Xyz1'", "'Lo0'", "'vl100'", "'mgmt0'", "'Fo1/1'", "'Tw1/0/1'", "'SuperFast 1'"], "canonical_interface_name(verify=true)": ["'Xyz1'", "'Gi1'"], "canonical_interface_name_list": ["['Gi1', 'Te1/1']"], "abbreviated_interface_name": ["'GigabitEthernet1/0/1'", "'TenGigabitEthernet1/1'", "'Port-channel10'", "'Loopback0'", "'Vlan10'", "'Ethernet1'", "'Xyz1'", "'HundredGigE0/0'", "'Management1'", "'FortyGigabitEthernet1/1'"], "abbreviated_interface_name_list": ["['GigabitEthernet1', 'Vlan1']"], "sort_interface_list": ["['Gi1/0/10', 'Gi1/0/2', 'Te1/1', 'Gi1/0/1']", "['Vlan10', 'Vlan9', 'Ethernet1.10', 'Ethernet1.9']"],
    "ip_to_hex": ["'10.1.2.3'", "'2001:db8::1'", "'x'"], "ip_addition(5)": ["'10.1.2.3'", "'2001:db8::1'", "'255.255.255.255'"], "ip_subtract(5)": ["'10.1.2.3'", "'0.0.0.1'"], "ip_to_bin": ["'10.1.2.3'", "'2001:db8::1'"], "is_ip": ["'10.1.2.3'", "'10.1.2.3/24'", "'2001:db8::1'", "'x'"], "is_ip_range": ["'10.1.2.3-10.1.2.9'", "'10.1.2.3-9'", "'x'"], "is_ip_within('10.0.0.0/8')": ["'10.1.2.3'", "'11.1.2.3'", "'10.1.0.0/16'", "'x'"], "is_ip_within(['10.0.0.0/8', '11.0.0.0/8'])": ["'11.1.2.3'"], "is_netmask": ["'255.255.255.0'", "'255.0.255.0'", "'x'", "'ffff::'"], "is_network": ["'10.0.0.0/8'", "'10.0.0.1/8'", "'x'"], "is_classful": ["'10.0.0.0/8'", "'192.168.0.0/16'", "'192.168.0.0/24'"], "netmask_to_cidr": ["'255.255.255.0'", "'255.0.255.0'", "'ffff:ffff::'", "'0.0.0.0'"], "cidr_to_netmask": ["24", "0", "32", "33", "'24'"], "cidr_to_netmaskv6": ["64", "128", "129"], "netmask_to_wildcardmask": ["'255.255.255.0'", "'255.0.255.0'"], "wildcardmask_to_netmask": ["'0.0.0.255'", "'0.255.0.255'"], "is_reversible_wildcardmask": ["'0.0.0.255'", "'0.255.0.255'"],
    "get_all_host | list": ["'10.0.0.0/29'", "'10.0.0.0/31'", "'10.0.0.0/32'", "'x'"], "get_broadcast_address": ["'10.0.0.0/24'", "'10.0.0.5/24'", "'10.0.0.0/31'"], "get_first_usable": ["'10.0.0.0/24'", "'10.0.0.4/31'", "'10.0.0.4/32'", "'2001:db8::/64'", "'2001:db8::/127'"], "get_peer_ip": ["'10.0.0.1/30'", "'10.0.0.1/31'", "'10.0.0.0/30'", "'10.0.0.1/24'", "'2001:db8::1/127'"], "get_usable_range": ["'10.0.0.0/24'", "'10.0.0.0/31'", "'10.0.0.0/32'"], "get_ips_sorted": ["'10.0.0.2,10.0.0.1,10.0.0.0/24'", "['10.0.0.2', '9.0.0.1']"], "is_valid_mac": ["mac", "macd", "macb", "bad", "'00-1A-2B-3C-4D-5E'"], "mac_to_format": ["mac", "macd", "bad"], "mac_to_format('MAC_DOT_FOUR')": ["mac"], "mac_to_format('MAC_COLON_TWO')": ["macd"], "mac_to_format('MAC_DASH_TWO')": ["macd"], "mac_to_format('MAC_COLON_FOUR')": ["macd"], "mac_to_format('nosuch')": ["macd"], "mac_to_int": ["mac", "bad"], "mac_normalize": ["mac", "'00-1A-2B-3C-4D-5E'"], "mac_type": ["mac", "macd", "macb"],
    "longest_prefix_match([{'network': '10.0.0.0', 'mask': '8'}, {'network': '10.1.0.0', 'mask': '255.255.0.0'}])": ["'10.1.2.3'", "'10.2.2.3'"], "vlanlist_to_config": ["[1, 2, 3, 5, 10, 11, 12, 100]", "[1]", "range(1, 200, 2) | list", "[]", "[0]", "[5, 4, 3]"], "vlanlist_to_config(min_grouping_size=2)": ["[1, 2, 5]"], "vlanconfig_to_list": ["'switchport trunk allowed vlan 1-3,5'", "'switchport trunk allowed vlan 1-3\\nswitchport trunk allowed vlan add 7'"], "compare_version_loose('>', '15.1')": ["'15.2(1)'", "'15.0'"], "compare_version_loose('==', '1.0.0')": ["'1.0.0'"], "compare_version_strict('>=', '1.2')": ["'1.2.3'", "'1.1'"], "uptime_seconds_to_string": ["59", "3700", "400000", "999999999"], "uptime_string_to_seconds": ["'58 minutes'", "'5 weeks, 3 days, 2 hours, 1 minute'", "'1 day'"], "hash_data('sha256')": ["'x'"],
    "encrypt_type5(salt='abcd')": ["'cisco'"], "encrypt_cisco_type5(salt='abcd')": ["'cisco'"], "encrypt_type7(salt=5)": ["'cisco'"], "encrypt_cisco_type7(salt=5)": ["'cisco'", "'a longer password here'"], "decrypt_type7": ["'094F471A1A0A'", "'xx'"], "decrypt_cisco_type7": ["'094F471A1A0A'"], "compare_type7('094F471A1A0A')": ["'cisco'", "'x'"], "compare_cisco_type7('094F471A1A0A')": ["'cisco'"], "compare_type5('$1$abcd$8H1HxWQlq6wuQmXqK6yCP.')": ["'cisco'"], "get_hash_salt": ["'$1$abcd$8H1HxWQlq6wuQmXqK6yCP.'", "'x'"], "regex_findall('a1b2')": ["'\\\\d'"], "regex_match('a1b2')": ["'[a-z]'", "'\\\\d'"], "regex_search('a1b2')": ["'\\\\d'", "'z'"], "regex_split('a,b;c')": ["'[,;]'"], "regex_sub('-', 'a1b2')": ["'\\\\d'"], "ipaddress_address('is_private')": ["'10.1.1.1'"], "ipaddress_interface('ip')": ["'10.1.1.1/24'"], "ipaddress_interface('network')": ["'10.1.1.1/24'"], "ipaddress_network('num_addresses')": ["'10.1.1.0/24'"], "ipaddress_network('version')": ["'10.1.1.0/24'"], "ipaddress_network('broadcast_address')": ["'10.1.1.0/24'"],
}
each("avd", AVD_FILTERS, "|", "arista.avd.")
each("avd", AVD_TESTS, "is", "arista.avd.")
each("avd", {k: v for k, v in AVD_FILTERS.items() if k.startswith(("natural_sort", "default"))}, "|", "arista.avd.", undefined="strict_chainable", trim_blocks=True)
each("avd", {k: v for k, v in AVD_TESTS.items()}, "is", "arista.avd.", undefined="strict_chainable", trim_blocks=True)
for e in ["rows | selectattr('id', 'arista.avd.defined') | map(attribute='name') | list", "rows | selectattr('id', 'arista.avd.defined', 10) | list", "rows | rejectattr('id', 'arista.avd.defined') | map(attribute='name') | list", "[{'t': ['a']}, {'t': ['b']}, {}] | selectattr('t', 'arista.avd.contains', 'a') | list", "ports | map('arista.avd.hide_passwords', true) | unique | list", "('Ethernet1-2,5' | arista.avd.range_expand) | join(' ')", "nums | arista.avd.list_compress | replace(',', ' ')", "(missing.x | arista.avd.default([])) | length"]:
    ex("avd", e, undefined="strict_chainable", trim_blocks=True, extensions=["do", "loopcontrols"])
for f in ("ipaddr", "ansible.utils.ipaddr", "ipv4", "ipv6"):
    for v in NETLAB_VALUES:
        for q in NETLAB_QUERIES:
            if f == "ansible.utils.ipaddr" and v not in ("v4p", "v6p"):
                continue
            ex("netlab", f"{v} | {f}" + (f"('{q}')" if q else ""), undefined="strict_chainable_falsy", trim_blocks=True, lstrip_blocks=True)
    for v in ("v4p", "v6n", "p32"):
        for n in ("0", "1", "-1", "256", "100000000000"):
            ex("netlab", f"{v} | {f}({n})", undefined="strict_chainable_falsy")
for v in ("mac", "macd", "macb", "bad", "'00-1A-2B-3C-4D-5E'", "big", "nul", "'1:2:3:4:5:6'"):
    for q in ("linux", "unix", "unix_expanded", "cisco", "bare", "eui48", "pgsql", "nosuch"):
        ex("netlab", f"{v} | hwaddr('{q}')", undefined="strict_chainable_falsy")
each("netlab", NETLAB_FILTERS, undefined="strict_chainable_falsy")
for e in ["fail('stop here')", "missing.a.b is defined", "'y' if missing.a else 'n'", "missing.a | default('d')", "missing.a", "missing.a ~ 'x'", "(v4p | ipaddr('address')) ~ ' ' ~ (v4p | ipaddr('netmask'))", "missing['a'][0]", "missing == 1", "[missing.a] | length", "missing.a or 'other'", "not missing.a"]:
    ex("netlab", e, undefined="strict_chainable_falsy")
each("netutils", NETUTILS)
NEEDS = {"avd": "arista.avd", "netlab": "netlab", "netutils": "netutils"}
SETUPS = {"avd": pack_packs.setup_avd, "netlab": pack_packs.setup_netlab, "netutils": pack_packs.setup_netutils}


class TooLong(BaseException):
    pass


def too_long(*_):
    raise TooLong


signal.signal(signal.SIGALRM, too_long)
for pack in a.packs:
    engine = Jinja2Engine()
    engine.pack_setup.append(SETUPS[pack])
    engine.environment({})  # fills UNDEFINED
    engine.undef.update(pack_packs.UNDEFINED)
    engine.undef.setdefault("strict_chainable", engine.undef["strict"])
    name, seen, n = f"matrix-{pack}", set(), 0
    with open(os.path.join(a.out, name + ".jsonl"), "w", encoding="utf-8") as out:
        for template, settings in sets[pack]:
            key = (template, json.dumps(settings, sort_keys=True))
            if key in seen:
                continue
            seen.add(key)
            env = engine.environment(settings)
            f = jinjarec._features_of(env, template)
            used = set().union(*f[3:4]) if f else set()
            c = {"id": f"{name}/{n + 1:05d}", "corpus": name, "packs": [NEEDS[pack]], "needs": {"filters": [NEEDS[pack]]}, "template": template, "context": {k: v for k, v in CONTEXT.items() if k in used}}
            if settings:
                c["settings"] = settings
            signal.alarm(5)
            try:
                r = engine.render(c)
            except (TooLong, SystemExit):
                continue
            finally:
                signal.alarm(0)
            if "output" in r:
                if " at 0x" in r["output"] or "<class " in r["output"] or "<generator" in r["output"] or "<bound method" in r["output"]:
                    continue
                c["expect"] = {"output": r["output"]}
            else:
                c["expect"] = {"error": r["error"]}
            n += 1
            out.write(json.dumps(c, ensure_ascii=False) + "\n")
    print(name, n)
