"""Large configurations of four shapes, and a changed copy of each; the same for every program that is measured."""
import random


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


SHAPES = {"sections": sections, "flat": flat, "acl": acl, "bgp": bgp}


def changed(lines, share, seed=1):
    """A copy in which that share of the lines has another value, and a tenth of those are gone."""
    generator = random.Random(seed)
    out = []
    for line in lines:
        if line.startswith("interface") or line.startswith("ip access-list") or generator.random() >= share:
            out.append(line)
        elif generator.random() >= 0.1 and line[-1].isdigit():
            head = line.rstrip("0123456789")
            out.append(head + str(int(line[len(head):]) % 200 + 1))
        elif "remote-as" in line or line.startswith("router") or line.startswith("hostname"):
            out.append(line)
    return out
