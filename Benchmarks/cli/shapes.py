"""Large configurations, and a changed copy of each; the same for every program that is measured."""
import random
import re


def sections(lines):
    out = ["hostname bench-1"]
    index = 0
    while len(out) < lines:
        index += 1
        out += [
            f"interface GigabitEthernet{index // 1000}/{index // 40 % 25}/{index % 40}.{index}",
            f" description customer {index}",
            f" encapsulation dot1Q {index % 4000 + 1}",
            f" ip address 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256} 255.255.255.252",
            " no ip redirects",
            f" mtu {1500 + index % 50}",
            f" ip access-group EDGE-{index % 30} in",
            f" ip ospf cost {index % 90 + 10}",
        ]
    return out


def flat(lines):
    return ["hostname bench-1"] + [
        f"ip route 10.{i // 65536 % 256}.{i // 256 % 256}.{i % 256} 255.255.255.255 192.0.2.{i % 250 + 1} tag {i % 90 + 1}"
        for i in range(lines)
    ]


def acl(lines):
    out = ["hostname bench-1"]
    name = 0
    while len(out) < lines:
        name += 1
        out.append(f"ip access-list extended LIST-{name}")
        out += [
            f" {n * 10} permit tcp 10.{name % 256}.{n % 256}.0 0.0.0.255 any eq {1000 + n}" for n in range(1, 1001)
        ]
    return out


def bgp(lines):
    out = ["router bgp 65000", " bgp router-id 10.255.0.1"]
    index = 0
    while len(out) < lines:
        index += 1
        peer = f"10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}"
        out += [
            f" neighbor {peer} remote-as {64512 + index % 1000}",
            f" neighbor {peer} description customer {index}",
            f" neighbor {peer} update-source Loopback0",
            f" neighbor {peer} password 7 0A1B{index:06x}",
        ]
    return out


def trunks(lines):
    """NX-OS ports with allowed lists of VLANs."""
    out = ["hostname bench-1"]
    index = 0
    while len(out) < lines:
        index += 1
        first = index * 7 % 3000 + 1
        vlans = ",".join(f"{first + 25 * n}-{first + 25 * n + index % 9 + 1}" if n % 2 else str(first + 25 * n) for n in range(12))
        out += [
            f"interface Ethernet{index // 48 + 1}/{index % 48 + 1}",
            f"  description server {index}",
            "  switchport",
            "  switchport mode trunk",
            f"  switchport trunk allowed vlan {vlans},{3700 + index % 200 + 1}",
        ]
    return out


def addresses(lines):
    """RouterOS: one menu of items."""
    return ["/ip address"] + [
        f"add address=10.{i // 65536 % 256}.{i // 256 % 256}.{i % 256}/32 comment=\"customer {i}\" interface=ether{i % 8 + 1} "
        f"network=192.0.2.{i % 250 + 1}"
        for i in range(lines)
    ]


def junos(lines):
    """Junos as `set` lines: interfaces with units."""
    out = ["set system host-name bench-1"]
    index = 0
    while len(out) < lines:
        index += 1
        port = f"set interfaces ge-{index // 4000}/0/{index // 100 % 40} unit {index % 100 + index // 160000 * 100}"
        out += [
            f"{port} description customer-{index}",
            f"{port} vlan-id {index % 4000 + 1}",
            f"{port} family inet mtu {1400 + index % 99}",
            f"{port} family inet address 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}/32",
        ]
    return out


def junos_braces(lines):
    """The same in braces."""
    out = ["system {", "    host-name bench-1;", "}", "interfaces {"]
    index = 0
    while len(out) < lines:
        index += 1
        out += [
            f"    ge-{index // 400}/0/{index % 400} {{",
            f"        description customer-{index};",
            "        unit 0 {",
            f"            vlan-id {index % 4000 + 1};",
            "            family inet {",
            f"                mtu {1400 + index % 99};",
            f"                address 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}/32;",
            "            }",
            "        }",
            "    }",
        ]
    return out + ["}"]


def vyos(lines):
    """VyOS in braces."""
    out = ["system {", "    host-name bench-1", "}", "interfaces {", "    ethernet eth0 {"]
    index = 0
    while len(out) < lines:
        index += 1
        out += [
            f"        vif {index} {{",
            f"            address 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}/32",
            f"            description customer-{index}",
            f"            mtu {1400 + index % 99}",
            "        }",
        ]
    return out + ["    }", "}"]


def unnumbered(lines):
    """Access lists whose entries show no numbers."""
    out = ["hostname bench-1"]
    name = 0
    while len(out) < lines:
        name += 1
        out.append(f"ip access-list extended LIST-{name}")
        out += [f" permit tcp 10.{name % 256}.{n % 256}.0 0.0.0.255 any eq {1000 + n}" for n in range(1, 1001)]
    return out


def cycles(lines):
    """Maps of classes that refer to each other in rings; the copy has none of them."""
    out = ["hostname bench-1"]
    ring = 0
    while len(out) < lines:
        ring += 1
        for at in range(4):
            out += [f"class-map match-any RING-{ring}-{at}", f" match class-map RING-{ring}-{(at + 1) % 4}"]
    return out


def probes(lines):
    """Probes of IOS that run: what is changed in one makes it anew, with its schedule."""
    out = ["hostname bench-1"]
    index = 0
    while len(out) < lines:
        index += 1
        out += [
            f"ip sla {index}",
            f" icmp-echo 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}",
            f"  frequency {index % 90 + 10}",
            f"ip sla schedule {index} life forever start-time now",
        ]
    return out


def instances(lines):
    """VRF instances of FRR's BGP, which go when the default instance goes and come back with it."""
    out = ["router bgp 65000", " bgp router-id 10.255.0.1", "exit", "!"]
    index = 0
    while len(out) < lines:
        index += 1
        out += [
            f"router bgp 65000 vrf CUST-{index}",
            f" bgp router-id 10.{index // 65536 % 256}.{index // 256 % 256}.{index % 256}",
            f" neighbor 192.0.2.{index % 250 + 1} remote-as {64512 + index % 1000}",
            "exit",
            "!",
        ]
    return out


#: What opens something stays, whatever is changed.
HEADERS = ("interface", "ip access-list", "ip sla", "/")
#: The last number of a line that is not the length of a prefix, and what follows it.
NUMBER = re.compile(r"(?<![\d/])(\d+)((?:/\d+)?;?)$")


def changed(lines, share, seed=1):
    """A copy in which that share of the lines has another value, and a tenth of those are gone."""
    generator = random.Random(seed)
    out = []
    for line in lines:
        if line.startswith(HEADERS) or line.endswith(("{", "}")) or generator.random() >= share:
            out.append(line)
        elif generator.random() >= 0.1 and NUMBER.search(line):
            out.append(NUMBER.sub(lambda found: str(int(found[1]) % 200 + 1) + found[2], line))
        elif "remote-as" in line or line.startswith(("router", "hostname")):
            out.append(line)
    return out


def without_rings(lines, share):
    """A copy without that share of the rings: going the other way, they have to be made."""
    return [line for at, line in enumerate(lines) if at == 0 or (at - 1) // 8 % round(1 / share) != 0]


def another_system(lines, share):
    """A copy whose default instance is another one, so that every instance is made anew."""
    return [line.replace("router bgp 65000", "router bgp 65001") for line in changed(lines, share)]


#: By name: the platform, a configuration of so many lines, a copy with that share changed.
SHAPES = {
    "sections": ("cisco_ios", sections, changed),
    "flat": ("cisco_ios", flat, changed),
    "acl": ("cisco_ios", acl, changed),
    "bgp": ("cisco_ios", bgp, changed),
    "unnumbered": ("cisco_ios", unnumbered, changed),
    "probes": ("cisco_ios", probes, changed),
    "cycles": ("cisco_ios", cycles, without_rings),
    "trunks": ("cisco_nxos", trunks, changed),
    "instances": ("frr", instances, another_system),
    "addresses": ("mikrotik_routeros", addresses, changed),
    "junos": ("juniper_junos", junos, changed),
    "braces": ("juniper_junos", junos_braces, changed),
    "vyos": ("vyos", vyos, changed),
}
#: What hier_config and annet are asked, too: they were never made for the others, or need minutes.
BESIDE_PEERS = ("sections", "flat", "acl", "bgp")
