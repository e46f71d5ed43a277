#!/usr/bin/env python3
"""A thousand devices from inventory to bytes: writes a site and an engagement, and times `asbuilt render` on it.

    fleet.py PATH-OF-asbuilt FOLDER [DEVICES]

Each device has its name, addresses and interfaces of its own; what devices share is in a group. The template is the router
template of Tests/Conformance/jinja/router_case.py, about 30 KB of configuration a device. Prints seconds of CPU and of wall
time for all devices and for one of them, which is what starting and reading the inventory cost.
"""
import json
import os
import resource
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Tests/Conformance/jinja"))
import router_case  # noqa: E402


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def site(folder, count):
    data = router_case.data()
    shared = {k: v for k, v in data.items() if k not in ("hostname", "router_id")}
    for interface in shared["interfaces"]:
        if interface.get("description", "") is None:
            interface.pop("description")
    devices = {}
    for n in range(count):
        devices[f"leaf-{n}"] = {
            "platform": "arista_eos", "groups": ["leafs"], "role": "leaf", "endpoints": {"cli": f"ssh://leaf-{n}.example.net"},
            "vars": {"hostname": f"leaf-{n}", "router_id": f"10.{n >> 8}.{n & 255}.1"}}
    write(folder, "inventory/site.yaml", "asbuilt: site/v1\nname: fleet\nenvironment: test\n")
    write(folder, "inventory/devices.yaml", "asbuilt: devices/v1\ndefaults: { credentials: { user: u, key: \"file:~/k\" } }\ndevices: " + json.dumps(devices) + "\n")
    write(folder, "inventory/groups.yaml", "asbuilt: groups/v1\ngroups: { leafs: { vars: " + json.dumps(shared) + " } }\n")
    write(folder, "inventory/policy.yaml", "asbuilt: policy/v1\nroles: { a: [a@example.net], executor: [x@example.net] }\n"
          "gates: { spec: { require: [ { role: a } ], lifetime: 30d }, design: { require: [ { role: a } ], lifetime: 14d, runs: 1, backout-for: 7d }, record: { require: [ { role: a } ] } }\n")
    write(folder, "inventory/allowed_signers", "a@example.net namespaces=\"asbuilt\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n")
    e = "engagements/fleet/"
    write(folder, e + "engagement.yaml", "asbuilt: engagement/v1\nid: fleet\ntitle: Fleet\nauthors: [dana@example.net]\nstarts-from: none\n")
    write(folder, e + "spec.md", "---\nasbuilt: spec/v1\ntitle: Fleet\nscope: { devices: \"role:leaf\" }\nacceptance:\n  - { id: AC-1, statement: It renders }\n---\n\nProblem\n")
    write(folder, e + "contract.yaml", "asbuilt: contract/v1\ndevices: \"role:leaf\"\nconfig:\n  - { id: router, template: templates/router.j2, devices: \"role:leaf\", ownership: replace, satisfies: [AC-1] }\n"
          "checks: { after: [] }\nrollout: { transaction: network, waves: [ { name: all, batch: 100% } ], stop-when: { failed: 1 }, confirm-timeout: 300s, on-split: back }\nstale: touched\ncapture: []\nsave: after-confirm\naccept: [revert-by-reboot]\n")
    # Under strict undefined values an optional flag is tested, not assumed.
    template = router_case.TEMPLATE.replace("if server.prefer }}", "if server.prefer | default(false) }}").replace("'unused', true", "'unused'")
    write(folder, e + "templates/router.j2", template.replace("{%   if", "{% if").lstrip("\n"))


def run(program, folder, *arguments):
    begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    p = subprocess.run([program, "render", "-C", os.path.join(folder, "engagements/fleet"), *arguments], stdout=subprocess.PIPE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if p.returncode:
        sys.exit(p.stdout.decode()[-2000:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - begin, len(p.stdout)


def main():
    program, folder = os.path.abspath(sys.argv[1]), sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    site(folder, count)
    cpu, wall, size = run(program, folder)
    one_cpu, one_wall, _ = run(program, folder, "--device", "leaf-0")
    print(f"{count} devices: {cpu:.2f} s CPU, {wall:.2f} s wall, {size / 1e6:.1f} MB; one of them alone {one_cpu:.2f} s CPU, {one_wall:.2f} s wall")


if __name__ == "__main__":
    main()
