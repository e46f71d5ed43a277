#!/usr/bin/env python3
"""CPU seconds for compiling and rendering the router template: ours, Jinja2 and the MiniJinja wheel, in one run.

    compare.py PATH-OF-asbuilt-conformance [ROUNDS]

Needs `pip install jinja2==3.1.6 minijinja==3.0.5` (Scripts/conformance leaves an environment with Jinja2 in
.build/conformance/jinja2-env). The template and its data are Tests/Conformance/jinja/router_case.py, 29 KB of configuration in 1,200
lines; templates are compiled once, each figure is the best of several parts, and all engines must give the same text. Prints
the ratios that the documentation promises, what a second thread costs, and resident memory after a fifth of the renders and at the end.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../Tests/Conformance/jinja"))
import router_case  # noqa: E402


def best(action, rounds, parts=20):
    least = None
    for _ in range(parts):
        begin = time.process_time()
        for _ in range(rounds):
            action()
        took = (time.process_time() - begin) / rounds
        least = took if least is None else min(least, took)
    return least


def main():
    program, rounds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    import jinja2
    import minijinja

    case = router_case.case()
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(case["template"])
    expected = template.render(case["context"])
    python = (best(lambda: environment.from_string(case["template"]), 1), best(lambda: template.render(case["context"]), 10))

    rust = minijinja.Environment()
    rust.trim_blocks = rust.lstrip_blocks = rust.pycompat = True
    rust.auto_escape_callback = lambda name: False
    rust.add_template("router", case["template"])
    if rust.render_template("router", **case["context"]) != expected:
        sys.exit("MiniJinja renders something else")
    mini = best(lambda: rust.render_template("router", **case["context"]), 20)

    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as f:
        f.write(json.dumps(case) + "\n")
        f.flush()
        answer = json.loads(subprocess.run([program, "jinja"], input=json.dumps(case) + "\n", capture_output=True, text=True, check=True).stdout)
        if answer.get("output") != expected:
            sys.exit("ours renders something else")
        ours = json.loads(subprocess.run([program, "jinja-measure", f.name, str(rounds), "2"], capture_output=True, text=True, check=True).stdout)

    print(f"render   Jinja2 {python[1] * 1e3:.3f} ms, MiniJinja wheel {mini * 1e3:.3f} ms, ours {ours['render'] * 1e3:.3f} ms: {python[1] / ours['render']:.1f} x Jinja2, {mini / ours['render']:.1f} x MiniJinja")
    print(f"compile  Jinja2 {python[0] * 1e3:.2f} ms, ours {ours['compile'] * 1e3:.3f} ms: {python[0] / ours['compile']:.0f} x Jinja2")
    print(f"render with line origins {ours['annotated'] * 1e3:.3f} ms")
    print(f"two threads: {ours['cpu_many'] / ours['cpu_one']:.2f} x the CPU time of one for the same renders (1.00 is linear), wall {ours['wall_one']:.2f} s to {ours['wall_many']:.2f} s")
    print(f"resident memory {ours['resident_early'] / 1e6:.1f} MB after {rounds // 5} renders, {ours['resident_late'] / 1e6:.1f} MB after {rounds}")


if __name__ == "__main__":
    main()
