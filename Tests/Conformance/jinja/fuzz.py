#!/usr/bin/env python3
"""Differential fuzzing: random templates, real Jinja2 as the judge.

    python fuzz.py --command 'PRODUCT jinja' [--seconds 3600] [--seed N] [--out FOUND.jsonl] [--cases N]
    python fuzz.py --command 'PRODUCT jinja' --replay FOUND.jsonl      what still differs of earlier findings

Interpreter with jinja2==3.1.6. Every case comes from its seed alone: `--seed N --cases 1` makes it again. What differs is
made smaller (characters and context entries are taken away while it keeps differing in the same way) and appended to
FOUND.jsonl as an ordinary case with Jinja2's answer. Exit status 1 when anything was found.

Not counted as a difference, as Documentation/compatibility/jinja2.md says: object addresses, Jinja2's errors while it folds
constants, TypeErrors about undefined values that are UndefinedErrors here, what the judge cannot do within a second, and
what the engine refuses by a limit while the judge goes on. An engine that dies or is silent for ten seconds is always a
finding.
"""
import argparse
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time

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
        signal.signal(signal.SIGALRM, too_long)

    def fails_while_compiling(self, case):
        """Whether Jinja2 raises something other than a syntax error before anything is rendered, folding constants."""
        env = self.engine.environment(case["settings"])
        for source in [case["template"], *case["templates"].values()]:
            try:
                env.from_string(source)
            except jinja2.TemplateSyntaxError:
                pass
            except Exception:
                return True
        return False

    def answer(self, case):
        signal.setitimer(signal.ITIMER_REAL, 1)
        try:
            r = self.engine.render(case)
        except (TooLong, MemoryError, RecursionError):
            return None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
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

    def answer(self, case):
        def silent(*_):
            raise TooLong
        old = signal.signal(signal.SIGALRM, silent)
        signal.setitimer(signal.ITIMER_REAL, 10)
        try:
            self.p.stdin.write(json.dumps(case, ensure_ascii=False).encode() + b"\n")
            self.p.stdin.flush()
            line = self.p.stdout.readline()
            if line:
                return json.loads(line)
            why = f"the engine died (exit status {self.p.wait()})"
        except TooLong:
            why = "no answer within the time"
            self.p.kill()
            self.p.wait()
        except OSError:
            why = f"the engine died (exit status {self.p.wait()})"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, old)
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
    if why is None or "error" in want and judge_.fails_while_compiling(case):
        return None
    # What a filter block makes is joined at the end, so Jinja2 meets a later error first.
    if "error" in want and got["error"].get("message", "").startswith("sequence item 0: expected str instance"):
        return None
    if "error" in want and "expected str instance, generator found" in want["error"]["message"]:
        return None
    if "error" in want and kind == "UndefinedError" and re.search("Undefined'|StrictChainable|type .*Undefined ", want["error"]["message"]):
        return None
    return re.sub(r": .*", "", why), want


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
