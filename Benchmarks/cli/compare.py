#!/usr/bin/env python3
"""CPU seconds for parsing two configurations and working out the commands between them, beside hier_config and annet.

    compare.py PATH-OF-asbuilt-conformance [LINES] [--no-peers] [--peer-lines N]

Prints one line for each shape and share of changed lines, with the ratio to hier_config on the same texts, and what
doubling the lines costs. Peers: `pip install hier-config==3.7.1 annet==4.8.3`.
"""
import argparse
import json
import subprocess
import time

import shapes


class Engine:
    def __init__(self, path):
        self.process = subprocess.Popen(
            [path, "cli"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, running, intended, tries=3):
        best = None
        for _ in range(tries):
            case = {"id": "m", "kind": "measure", "platform": "cisco_ios", "running": running, "intended": intended}
            self.process.stdin.write(json.dumps(case) + "\n")
            self.process.stdin.flush()
            answer = json.loads(self.process.stdout.readline())
            best = answer["seconds"] if best is None else min(best, answer["seconds"])
        return best


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
    parser.add_argument("--peer-lines", type=int, default=10_000, help="half-changed texts of the peers (they are quadratic)")
    options = parser.parse_args()
    engine = Engine(options.engine)
    print(f"{'shape':10}{'changed':>8}{'lines':>9}{'asbuilt':>10}{'doubling':>10}{'hier_config':>13}{'ratio':>8}{'annet':>9}{'ratio':>8}")
    for name, make in shapes.SHAPES.items():
        for share in (0.01, 0.5):
            whole = make(options.lines)
            texts = ["\n".join(t) + "\n" for t in (whole, shapes.changed(whole, share))]
            own = engine.seconds(*texts)
            half = make(options.lines // 2)
            small = engine.seconds(*("\n".join(t) + "\n" for t in (half, shapes.changed(half, share))))
            row = f"{name:10}{share:8.0%}{len(whole):9}{own:10.3f}{own / small:10.2f}"
            if not options.no_peers:
                part = make(options.lines if share < 0.1 else options.peer_lines)
                pair = ["\n".join(t) + "\n" for t in (part, shapes.changed(part, share))]
                beside = engine.seconds(*pair)
                for peer in (hier_config, annet):
                    try:
                        spent = peer(*pair)
                        row += f"{spent:13.2f}{spent / beside:8.0f}"
                    except Exception as problem:  # A peer that refuses the text is a result too.
                        row += f"{type(problem).__name__:>13}{'':8}"
                if share >= 0.1:
                    row += f"   (peers on {len(part)} lines)"
            print(row, flush=True)


if __name__ == "__main__":
    main()
