#!/usr/bin/env python3
"""Differential fuzzing: random templates, real Jinja2 as the judge.

    python fuzz.py --command 'PRODUCT jinja' [--seconds 3600] [--seed N] [--out FOUND.jsonl] [--cases N]
    python fuzz.py --command 'PRODUCT jinja' --replay FOUND.jsonl      what still differs of earlier findings

Interpreter with jinja2==3.1.6. Every case comes from its seed alone: `--seed N --cases 1` makes it again. What differs is
made smaller (characters and context entries are taken away while it keeps differing in the same way) and appended to
FOUND.jsonl as an ordinary case with Jinja2's answer. Exit status 1 when anything was found.

Not counted as a difference: what `departure` recognises, each a row of Documentation/compatibility/jinja2.md, what the judge
cannot do within a second, and what the engine refuses by a limit while the judge goes on. An engine that dies or works for
ten seconds without an answer is always a finding.
"""
import argparse
import json
import os
import re
import resource
import select
import shlex
import signal
import subprocess
import sys
import time
import types

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import jinja2  # noqa: E402
import engines  # noqa: E402
from conform import judge  # noqa: E402
from grammar import Grammar  # noqa: E402


class StrictChainable(jinja2.ChainableUndefined, jinja2.StrictUndefined):
    """Members of undefined are undefined again, any other use fails."""


class StrictChainableFalsy(StrictChainable):
    def __bool__(self):
        return False


class TooLong(BaseException):
    pass


def too_long(*_):
    raise TooLong


class Judge:
    """Real Jinja2, with a time limit per case."""

    def __init__(self):
        self.engine = engines.Jinja2Engine()
        self.engine.undef.update({"strict_chainable": StrictChainable, "strict_chainable_falsy": StrictChainableFalsy})
        signal.signal(signal.SIGVTALRM, too_long)

    def fails_while_compiling(self, case, message):
        """Whether this is what Jinja2 raises, other than a syntax error, before anything is rendered, folding constants."""
        env = self.engine.environment(case["settings"])
        for source in [case["template"], *case["templates"].values()]:
            try:
                env.from_string(source)
            except jinja2.TemplateSyntaxError:
                pass
            except Exception as e:
                if str(e) == message:
                    return True
        return False

    def answer_elsewhere(self, case):
        """The answer with other things in memory, where new objects get other addresses."""
        held = [[object() for _ in range(n)] + [(x for x in ())] + [lambda: n] + ["x" * n, {n: n}] for n in range(1, 200, 7)]
        answer = self.answer(case)
        return answer if held else None

    def answer_mended(self, case):
        """The answer if an include without context wrote to where it stands, inside of macros and filter blocks as well."""
        begin = jinja2.compiler.CodeGenerator.visit_Include

        def visit(self, node, frame):
            plain = self.writeline

            def writeline(text, *args, **keywords):
                if text != "yield from template._get_default_module()._body_stream":
                    return plain(text, *args, **keywords)
                plain("for event in template._get_default_module()._body_stream:")
                self.indent()
                self.simple_write("event", frame)
                self.outdent()
            self.writeline = writeline
            try:
                begin(self, node, frame)
            finally:
                del self.writeline
        jinja2.compiler.CodeGenerator.visit_Include = visit
        try:
            return self.answer(case)
        finally:
            jinja2.compiler.CodeGenerator.visit_Include = begin

    def answer_unfolded(self, case):
        """The answer if constant expressions were not evaluated, and code behind them not dropped, while compiling."""
        begin = self.engine.environment

        def environment(*args, **keywords):
            env = begin(*args, **keywords)
            env.optimized = False
            return env
        fold = jinja2.compiler.CodeGenerator._output_child_to_const

        def unfolded(generator, node, frame, finalize):
            if not isinstance(node, jinja2.nodes.TemplateData):
                raise jinja2.nodes.Impossible()
            return fold(generator, node, frame, finalize)
        self.engine.environment = environment
        jinja2.compiler.CodeGenerator._output_child_to_const = unfolded
        try:
            return self.answer(case)
        finally:
            self.engine.environment = begin
            jinja2.compiler.CodeGenerator._output_child_to_const = fold

    def answer_eagerly(self, case):
        """The answer if the items of a `for ... if` were all tested before the first turn."""
        begin = jinja2.runtime.LoopContext.__init__

        def eager(self, iterable, *args, **keywords):
            begin(self, list(iterable) if isinstance(iterable, types.GeneratorType) else iterable, *args, **keywords)
        jinja2.runtime.LoopContext.__init__ = eager
        try:
            return self.answer(case)
        finally:
            jinja2.runtime.LoopContext.__init__ = begin

    def answer(self, case):
        # Time that the judge works, not time that passes.
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 1)
            r = self.engine.render(case)
        except (TooLong, MemoryError, RecursionError):
            return None
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        r.pop("id")
        if "output" in r:
            try:
                r["output"].encode("utf-8")
            except UnicodeEncodeError:
                return None
            if len(r["output"]) > 1_000_000:
                return None
        elif r["error"]["type"] in ("RecursionError", "MemoryError", "TooLong"):
            return None
        return r


class Engine:
    """The engine under test; started again when it dies."""

    def __init__(self, command):
        self.command = shlex.split(command)
        self.start()

    def start(self):
        self.p = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def cpu_seconds(self):
        with open(f"/proc/{self.p.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def answer(self, case):
        why = None
        try:
            before = self.cpu_seconds()
            self.p.stdin.write(json.dumps(case, ensure_ascii=False).encode() + b"\n")
            self.p.stdin.flush()
            # A busy machine makes an engine wait; what counts is how long it works.
            for _ in range(60):
                if select.select([self.p.stdout], [], [], 5)[0]:
                    break
                if self.cpu_seconds() - before > 10:
                    why = "worked for ten seconds without an answer"
                    break
            else:
                why = "no answer within five minutes"
            line = self.p.stdout.readline() if why is None else b""
            if line:
                return json.loads(line)
            why = why or f"the engine died (exit status {self.p.wait()})"
        except OSError:
            why = f"the engine died (exit status {self.p.wait()})"
        self.p.kill()
        self.p.wait()
        self.start()
        return {"error": {"type": "ENGINE", "message": why}}


ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{6,}|[0-9a-fA-F]{6,}[xX]0|0-[xX](-[0-9a-fA-F])+|0 ?[xX][0-9a-fA-F \n]{9,}")


def difference(case, judge_, engine):
    """-> None or (reason, expected answer)."""
    want = judge_.answer(case)
    got = engine.answer(case)
    kind = got.get("error", {}).get("type")
    if kind == "ENGINE":
        return got["error"]["message"], want or {"output": ""}
    if want is None or kind == "LimitExceeded" or kind == "RecursionError":
        return None
    if "output" in want and "output" in got:
        want, got = ({"output": ADDRESS.sub("ADDRESS", x["output"])} for x in (want, got))
    why = judge({"expect": want}, got, "type")
    if why is None or departure(case, want, got, judge_):
        return None
    return re.sub(r": .*", "", why), want


# What Python says of an undefined value without naming the variable.
UNDEFINED = r"(?:Strict|Chainable|Debug|StrictChainable|StrictChainableFalsy)?(?:Undefined)?"
ABOUT_UNDEFINED = re.compile(
    rf"bad operand type for abs\(\): '{UNDEFINED}'|type {UNDEFINED} doesn't define __round__ method|'{UNDEFINED}' object cannot be interpreted as an integer"
    rf"|unsupported format string passed to {UNDEFINED}\.__format__|'in <string>' requires string as left operand, not {UNDEFINED}"
    rf"|(?:%d|%i|%x|%o|%c|%e|%f|%g|%\w) (?:format: a[n]? \w+(?: number)? is required|requires .*), not {UNDEFINED}|must be real number, not {UNDEFINED}"
    rf"|'{UNDEFINED}' object is not (?:callable|subscriptable|a mapping)|.* argument after \*\*? must be a(?:n iterable| mapping), not {UNDEFINED}")


def departure(case, want, got, judge_):
    """Whether a difference is one that Documentation/compatibility/jinja2.md lists."""
    sources = " ".join([case["template"], *case["templates"].values()])
    ours = got.get("error", {})
    if "error" in want:
        theirs = want["error"]
        # Constants in code that never runs.
        if judge_.fails_while_compiling(case, theirs["message"]):
            return True
        # Two errors, one of them where a block's parts are joined.
        if "filter" in sources and ours.get("message", "").startswith("sequence item 0: expected str instance"):
            return True
        if ours.get("type") == "UndefinedError" and theirs["type"] == "TypeError" and ABOUT_UNDEFINED.fullmatch(theirs["message"]):
            return True
    # Names of filters and tests in code that is dropped because constants beside it decide.
    if re.fullmatch(r"No (filter|test) named '\w+'\.", ours.get("message", "")):
        unfolded = judge_.answer_unfolded(case)
        if unfolded is not None and judge({"expect": unfolded}, got, "type") is None:
            return True
    # An include without context inside a macro or a filter block.
    if "without context" in sources:
        mended = judge_.answer_mended(case)
        if mended is not None and judge({"expect": mended}, got, "type") is None:
            return True
    # Addresses that something was made of.
    if judge_.answer_elsewhere(case) != judge_.answer(case):
        return True
    # `for x in y if test` whose test or body changes y.
    if re.search(r"\bfor\b.*\bif\b", sources, re.S) and "loop" in sources:
        eager = judge_.answer_eagerly(case)
        if eager is not None and judge({"expect": eager}, got, "type") is None:
            return True
    return False


def shrink(case, why, judge_, engine, seconds=20):
    """The smallest case that still differs the same way, found by taking pieces away."""
    end = time.monotonic() + seconds

    def differs(c):
        d = difference(c, judge_, engine)
        return d is not None and d[0] == why

    def attempt(**changes):
        nonlocal case
        c = {**case, **changes}
        if time.monotonic() < end and differs(c):
            case = c
            return True
        return False
    for key in list(case["settings"]):
        attempt(settings={k: v for k, v in case["settings"].items() if k != key})
    for key in list(case["templates"]):
        attempt(templates={k: v for k, v in case["templates"].items() if k != key})

    def smaller(get, put):
        size = max(1, len(get()) // 2)
        while size >= 1 and time.monotonic() < end:
            at, any_ = 0, False
            while at < len(get()) and time.monotonic() < end:
                text = get()
                if put(text[:at] + text[at + size:]):
                    any_ = True
                else:
                    at += size
            if not any_ or size > 1:
                size //= 2
    smaller(lambda: case["template"], lambda t: attempt(template=t))
    for key in list(case["templates"]):
        smaller(lambda: case["templates"][key], lambda t: attempt(templates={**case["templates"], key: t}))
    smaller(lambda: case["template"], lambda t: attempt(template=t))
    for key in list(case["context"]):
        attempt(context={k: v for k, v in case["context"].items() if k != key})
    return case


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--command", required=True)
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--seed", type=int, default=int(time.time()))
    p.add_argument("--cases", type=int, default=0)
    p.add_argument("--out")
    p.add_argument("--replay")
    p.add_argument("--stop-after", type=int, default=0, help="end after so many findings")
    a = p.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    judge_, engine = Judge(), Engine(a.command)
    if a.replay:
        left = 0
        for line in open(a.replay, encoding="utf-8"):
            case = json.loads(line)
            d = difference({k: v for k, v in case.items() if k not in ("expect", "why")}, judge_, engine)
            if d:
                left += 1
                print(case["id"], d[0], json.dumps(case["template"], ensure_ascii=False)[:200])
        print(f"{left} still differ")
        return 1 if left else 0
    end, count, found, seen = time.monotonic() + a.seconds, 0, 0, set()
    ran = {"output": 0, "error": 0}
    while (not a.cases or count < a.cases) and (a.cases or time.monotonic() < end):
        seed = a.seed + count
        count += 1
        case = Grammar(seed).case(f"fuzz-{seed}")
        d = difference(case, judge_, engine)
        if d is None:
            want = judge_.answer(case) if count % 50 == 0 else None  # a sample, to know that most cases run
            if want:
                ran["output" if "output" in want else "error"] += 1
            continue
        small = shrink(case, d[0], judge_, engine)
        d = difference(small, judge_, engine) or d
        key = (d[0], re.sub(r"[0-9]+|'[^']*'", "", small["template"]))
        if key in seen:
            continue
        seen.add(key)
        found += 1
        small["expect"], small["why"] = d[1], d[0]
        print(f"seed {seed}: {d[0]}: {json.dumps(small['template'], ensure_ascii=False)[:300]} want {json.dumps(d[1], ensure_ascii=False)[:200]} got {json.dumps(engine.answer(small), ensure_ascii=False)[:250]}", flush=True)
        if a.out:
            with open(a.out, "a", encoding="utf-8") as f:
                f.write(json.dumps(small, ensure_ascii=False) + "\n")
        if a.stop_after and found >= a.stop_after:
            break
    print(f"{count} cases from seed {a.seed} on, {found} findings; of a sample {ran['output']} rendered and {ran['error']} failed in Jinja2 as well")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
