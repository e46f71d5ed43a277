#!/usr/bin/env python3
"""CPU seconds for parsing two configurations and working out the commands between them, beside hier_config and annet.

    ASBUILT_BENCHMARK=cli swift build -c release --scratch-path .build-benchmark --product cli-benchmark
    Benchmarks/cli/compare.py .build-benchmark/release/cli-benchmark [LINES] [--no-peers] [--peer-lines N] [--only SHAPE,…]

Prints one line for each shape and share of changed lines, with the ratio to hier_config on the same texts, and what
doubling the lines costs. Peers: `pip install hier-config==3.7.1 annet==4.8.3`.
"""
import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import shapes


class Engine:
    """Our program; it reads files, so that they can also be given to it by hand, under a profiler."""

    def __init__(self, path, folder):
        self.path, self.folder = path, Path(folder)

    def seconds(self, platform, running, intended, tries=3):
        files = [self.folder / "running", self.folder / "intended"]
        for file, text in zip(files, (running, intended)):
            file.write_text(text)
        answer = subprocess.run([self.path, platform, *files, str(tries)], check=True, stdout=subprocess.PIPE)
        return json.loads(answer.stdout)["seconds"]


def hier_config(running, intended):
    from hier_config import Platform, WorkflowRemediation, get_hconfig

    begin = time.process_time()
    old = get_hconfig(Platform.CISCO_IOS, running)
    new = get_hconfig(Platform.CISCO_IOS, intended)
    workflow = WorkflowRemediation(old, new)
    sum(1 for _ in workflow.remediation_config.all_children_sorted())
    return time.process_time() - begin


def annet(running, intended):
    from annet.annlib import patching
    from annet.annlib.netdev.views.hardware import HardwareView
    from annet.hardware import AnnetHardwareProvider, hardware_connector
    from annet.rulebook import DefaultRulebookProvider
    from annet.vendors import registry_connector, tabparser

    try:
        hardware_connector.set(AnnetHardwareProvider)
    except RuntimeError:
        pass  # Set by an earlier call.
    hardware = HardwareView("Cisco", "")
    formatter = registry_connector.get().match(hardware).make_formatter()
    rules = DefaultRulebookProvider().get_rulebook(hardware)
    begin = time.process_time()
    old = tabparser.parse_to_tree(running, formatter.split)
    new = tabparser.parse_to_tree(intended, formatter.split)
    difference = patching.make_diff(old, new, rules, [])
    patching.make_pre(difference)
    return time.process_time() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine")
    parser.add_argument("lines", nargs="?", type=int, default=100_000)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--only", help="names of shapes")
    parser.add_argument("--peer-lines", type=int, default=10_000, help="half-changed texts of the peers (they are quadratic)")
    options = parser.parse_args()
    folder = tempfile.TemporaryDirectory()
    engine = Engine(options.engine, folder.name)
    print(f"{'shape':10}{'changed':>8}{'lines':>9}{'asbuilt':>10}{'doubling':>10}{'hier_config':>13}{'ratio':>8}{'annet':>9}{'ratio':>8}")
    for name, (platform, make, change) in shapes.SHAPES.items():
        if options.only and name not in options.only.split(","):
            continue
        for share in (0.01, 0.5):
            def pair(lines):
                whole = make(lines)
                texts = ["\n".join(text) + "\n" for text in (whole, change(whole, share))]
                # Rings are made, not taken away.
                return len(whole), texts[::-1] if change is shapes.without_rings else texts

            (count, texts), (_, half) = pair(options.lines), pair(options.lines // 2)
            own, small = engine.seconds(platform, *texts), engine.seconds(platform, *half)
            row = f"{name:10}{share:8.0%}{count:9}{own:10.3f}{own / small:10.2f}"
            if not options.no_peers and name in shapes.BESIDE_PEERS:
                part, texts = pair(options.lines if share < 0.1 else options.peer_lines)
                beside = engine.seconds(platform, *texts)
                for peer in (hier_config, annet):
                    try:
                        spent = peer(*texts)
                        row += f"{spent:13.2f}{spent / beside:8.0f}"
                    except Exception as problem:  # A peer that refuses the text is a result too.
                        row += f"{type(problem).__name__:>13}{'':8}"
                if share >= 0.1:
                    row += f"   (peers on {part} lines)"
            print(row, flush=True)


if __name__ == "__main__":
    main()
