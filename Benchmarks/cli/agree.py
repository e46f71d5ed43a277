#!/usr/bin/env python3
"""A second opinion on remediation: hier_config 3.7.1 on random edits of the samples of the tests.

    agree.py PATH-OF-asbuilt-conformance [PAIRS] [--show PLATFORM]

For each platform: how often both give the same commands, how often each reaches the intended configuration by the
apply model's account, and how many commands each needs. Commands in configuration mode are compared with the sections
around them, without their order. Needs `pip install hier-config==3.7.1`.
"""
import argparse
import json
import pathlib
import random
import re
import subprocess

from hier_config import Platform, WorkflowRemediation, get_hconfig

PLATFORMS = {
    "cisco_ios": Platform.CISCO_IOS, "cisco_nxos": Platform.CISCO_NXOS, "cisco_iosxr": Platform.CISCO_XR,
    "arista_eos": Platform.ARISTA_EOS, "juniper_junos": Platform.JUNIPER_JUNOS, "vyos": Platform.VYOS,
}
ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXED = re.compile(r"^\s*(!|#|/\*|exit|end|\}|quit|EOF|version|banner|Authorised|certificate|no interface|switchport trunk allowed)|\^C")


def samples():
    """The sample configurations of the apply model's tests."""
    source = (ROOT / "Tests/CLIApplyModelTests/SampleConfigurations.swift").read_text()
    found = re.findall(r'\n        "(\w+)": """\n(.*?)\n            """', source, re.S)
    return {name: "\n".join(line[12:] for line in text.split("\n")).replace("\\\\", "\\") for name, text in found}


def indent(line):
    return len(line) - len(line.lstrip(" "))


def edited(text, generator):
    """The text without some of its lines and what is below them, and with some numbers moved."""
    out, skip, closing = [], None, False
    for line in text.split("\n"):
        if skip is not None:
            if line.strip() and indent(line) > skip:
                continue
            skip = None
            if closing and line.strip() == "}":
                continue
        if line.strip() and not FIXED.search(line):
            if generator.random() < 0.1:
                skip, closing = indent(line), line.rstrip().endswith("{")
                continue
            if generator.random() < 0.06 and "." not in line and (number := re.search(r"\b\d+\b", line)):
                line = line[: number.start()] + str(int(number[0]) % 90 + 5) + line[number.end():]
        out.append(line)
    return "\n".join(out) + "\n"


class Engine:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "cli"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **case):
        self.process.stdin.write(json.dumps(case) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def opinion(platform, running, intended):
    """hier_config's commands as typed: indented lines with an exit for each section that is left."""
    old, new = (get_hconfig(PLATFORMS[platform], text) for text in (running, intended))
    lines, depth = [], 0
    for child in WorkflowRemediation(old, new).remediation_config.all_children_sorted():
        level = child.depth() - 1
        lines += ["exit"] * (depth - level)
        text = child.cisco_style_text().strip()
        lines.append(text)
        depth = level + 1 if child.children else level
    return lines


def bag(lines):
    return sorted(line for line in lines if line not in ("exit", "end") and not line.startswith(("exit-", "end-")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine")
    parser.add_argument("pairs", nargs="?", type=int, default=100)
    parser.add_argument("--show", help="print the pairs of a platform on which the two differ")
    options = parser.parse_args()
    engine = Engine(options.engine)
    print(f"{'platform':15}{'pairs':>6}{'same':>6}{'asbuilt reaches':>17}{'hier_config reaches':>21}{'raises':>8}{'commands':>16}")
    for platform, text in samples().items():
        if platform not in PLATFORMS:
            continue
        count = dict(same=0, own=0, peer=0, raises=0, lines=0, peer_lines=0)
        for seed in range(options.pairs):
            generator = random.Random(f"{platform}-{seed}")
            running, intended = edited(text, generator), edited(text, generator)
            own = engine.ask(kind="remediate", platform=platform, running=running, intended=intended)["lines"]
            reached = engine.ask(kind="apply", platform=platform, running=running, intended=intended, lines=own)
            good = not reached["left"] and not reached["refused"]
            count["own"] += good
            count["lines"] += len(bag(own))
            try:
                peer = opinion(platform, running, intended)
            except Exception as problem:
                count["raises"] += 1
                if options.show == platform:
                    print(f"--- pair {seed}: raises {type(problem).__name__}: {str(problem)[:150]}")
                continue
            answer = engine.ask(kind="apply", platform=platform, running=running, intended=intended, lines=peer)
            fits = not answer["left"] and not answer["refused"]
            count["peer"] += fits
            count["peer_lines"] += len(bag(peer))
            count["same"] += bag(own) == bag(peer)
            if options.show == platform and (not good or bag(own) != bag(peer)):
                only = lambda a, b: [line for line in bag(a) if line not in bag(b)]
                print(f"--- pair {seed}: asbuilt {'reaches' if good else 'FAILS'}, hier_config {'reaches' if fits else 'fails'}")
                print("only asbuilt:", only(own, peer), "\nonly hier_config:", only(peer, own))
                if not good:
                    print("asbuilt leaves:", reached)
                if not fits:
                    print("hier_config leaves:", answer["refused"][:2], answer["left"][:400])
        print(
            f"{platform:15}{options.pairs:6}{count['same']:6}{count['own']:17}{count['peer']:21}{count['raises']:8}"
            f"{count['lines']:8} : {count['peer_lines']}", flush=True)


if __name__ == "__main__":
    main()
