"""Writes cases for `asbuilt-conformance cli` with the answers of Google's textfsm and of ntc-templates.

    cases.py --out DIR [--seed N] [--texts N]

The texts are derived from the templates themselves: a walk through a template's states, each line made from the
expression of one of the state's rules, then spoilt in small ways (blanks, odd characters and line ends, lost and
doubled lines). Templates are spoilt too, so that refusals are compared. Needs textfsm and ntc-templates.
"""
import argparse
import io
import json
import os
import random
import re
import signal
import sys
import warnings

import ntc_templates
import textfsm
from ntc_templates.parse import parse_output
from textfsm import clitable

warnings.simplefilter("ignore")
parser = re._parser  # The tree Python itself makes of an expression.
FOLDER = os.path.join(os.path.dirname(ntc_templates.__file__), "templates")
WORDS = "up down 10.0.0.1 Gi0/1 Ethernet1/2 0 1 42 1500 aa:bb:cc:dd:ee:ff 0011.2233.4455 - N/A admin 2001:db8::1 12:30:01 UTC é".split()


class TooSlow(Exception):
    pass


def alarm(*_):
    raise TooSlow()


signal.signal(signal.SIGALRM, alarm)


def limited(call, seconds=5):
    signal.alarm(seconds)
    try:
        return call()
    finally:
        signal.alarm(0)


class Maker:
    """Makes texts that an expression is likely to match."""

    def __init__(self, chance):
        self.chance = chance

    def text(self, expression):
        self.groups = {}
        return self.sequence(parser.parse(expression), 0)

    def sequence(self, items, depth):
        return "".join(self.item(op, arg, depth) for op, arg in items)

    def item(self, op, arg, depth):
        name = str(op)
        if name == "LITERAL":
            return chr(arg)
        if name == "NOT_LITERAL":
            return self.chance.choice([c for c in "abc019.-" if ord(c) != arg])
        if name == "ANY":
            return self.chance.choice("abcXYZ019.:/-_ ")
        if name == "IN":
            return self.member(arg)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, body = arg
            high = min(int(high), low + self.chance.choice([0, 0, 1, 2, 4, 9]))
            return "".join(self.sequence(body, depth + 1) for _ in range(self.chance.randint(low, max(low, high))))
        if name == "SUBPATTERN":
            group, _, _, body = arg
            made = self.sequence(body, depth + 1)
            self.groups[group] = made
            return made
        if name == "BRANCH":
            return self.sequence(self.chance.choice(arg[1]), depth + 1)
        if name == "ATOMIC_GROUP":
            return self.sequence(arg, depth + 1)
        if name == "GROUPREF":
            return self.groups.get(arg, "")
        return ""  # Positions and assertions; the walk looks whether the line fits.

    def member(self, members):
        negated = any(str(op) == "NEGATE" for op, _ in members)
        if negated:
            pattern = members
            for _ in range(20):
                c = self.chance.choice("abcXYZ0189.:/-_ ,;()|")
                if not any(self.fits(op, arg, c) for op, arg in pattern):
                    return c
            return "~"
        op, arg = self.chance.choice(members)
        name = str(op)
        if name == "LITERAL":
            return chr(arg)
        if name == "RANGE":
            return chr(self.chance.randint(*arg))
        return self.chance.choice({
            "CATEGORY_DIGIT": "0123456789", "CATEGORY_NOT_DIGIT": "ab. -", "CATEGORY_SPACE": "        \t",
            "CATEGORY_NOT_SPACE": "abcXYZ0123456789.:/-", "CATEGORY_WORD": "abcXYZ0123456789_",
            "CATEGORY_NOT_WORD": " .-:/",
        }[str(arg)])

    def fits(self, op, arg, c):
        name = str(op)
        if name == "LITERAL":
            return ord(c) == arg
        if name == "RANGE":
            return arg[0] <= ord(c) <= arg[1]
        if name == "CATEGORY":
            kind = str(arg).replace("CATEGORY_", "").replace("NOT_", "")
            held = {"DIGIT": c.isdigit(), "SPACE": c.isspace(), "WORD": c.isalnum() or c == "_"}[kind]
            return held != ("NOT_" in str(arg))
        return False


def step(fsm, rule, maker, chance):
    """A line for the rule, read by the machine."""
    line = next((made for made in (maker.text(rule.regex) for _ in range(6)) if rule.regex_obj.match(made)), None)
    if line is None:
        line = maker.text(rule.regex)
    if chance.random() < 0.03:
        line = " ".join(chance.choice(WORDS) for _ in range(chance.randint(1, 8)))
    try:
        fsm._CheckLine(line)
    except textfsm.TextFSMError:
        # Most texts should be readable: leave the line out, but not always.
        return [line] if chance.random() < 0.1 else []
    return [line]


def walk(fsm, maker, chance, length):
    """Lines from the rules of the states the machine comes through."""
    lines = []
    fsm.Reset()
    for _ in range(length):
        rules = [r for r in fsm._cur_state if r.line_op != "Error"] or fsm._cur_state
        if not rules:
            break
        rule = chance.choice(rules)
        try:
            # Some expressions backtrack for minutes on some of the lines made from them.
            limited(lambda: lines.extend(step(fsm, rule, maker, chance)), seconds=2)
        except TooSlow:
            continue
        if fsm._cur_state_name in ("End", "EOF"):
            break
    return lines


ODD = ["\u00a0", "\x1f", "\u3000", "\t", "é", "ß", "５", "\x00", "’", "\ufeff", "²", "_", "١", "\u180e", "\u200b", "😀"]
ENDS = ["\n", "\n", "\n", "\r\n", "\r\n", "\n\n", "\r", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\n\r"]


def spoilt(lines, chance):
    """The text with small damage, and its line ends."""
    lines = list(lines)
    for _ in range(chance.randint(0, 3)):
        if not lines:
            break
        place = chance.randrange(len(lines))
        line = lines[place]
        kind = chance.randrange(8)
        if kind == 0:
            lines[place] = line + " " * chance.randint(1, 3)
        elif kind == 1:
            lines[place] = " " + line
        elif kind == 2:
            lines.insert(place, line)
        elif kind == 3:
            del lines[place]
        elif kind == 4:
            at = chance.randint(0, len(line))
            lines[place] = line[:at] + chance.choice(ODD) + line[at:]
        elif kind == 5 and line:
            at = chance.randrange(len(line))
            lines[place] = line[:at] + line[at + 1:]
        elif kind == 6 and line:
            at = chance.randrange(len(line))
            lines[place] = line[:at] + chance.choice(ODD) + line[at + 1:]
        else:
            lines.insert(place, "")
    end = chance.choice(ENDS) if chance.random() < 0.3 else "\n"
    text = end.join(lines)
    if chance.random() < 0.2:
        text = "".join(c if c != "\n" or chance.random() < 0.9 else chance.choice(ENDS) for c in text)
    return text + (end if chance.random() < 0.7 else "")


def spoilt_template(text, chance):
    lines = text.split("\n")
    place = chance.randrange(len(lines))
    kind = chance.randrange(6)
    if kind == 0:
        del lines[place]
    elif kind == 1:
        lines.insert(place, chance.choice(["", "Value X (\\S+)", "  ^x -> Nowhere", "# note", "Start", "  ^$$ -> Error \"no\""]))
    elif kind == 2:
        lines.insert(place, lines[place])
    elif lines[place]:
        at = chance.randrange(len(lines[place]))
        if kind == 3:
            lines[place] = lines[place][:at] + lines[place][at + 1:]
        elif kind == 4:
            lines[place] = lines[place][:at] + chance.choice("()[]{}*+?|^$\\.,- :xdw0") + lines[place][at:]
        else:
            lines[place] = lines[place][:at] + chance.choice(["(?:", "(?=", "{2}", "{,2}", "[^", "\\d", "(?P<q>", "$$", "${", "*?", "(?i)", "(?i:a)"]) + lines[place][at:]
    return "\n".join(lines)


def answer(template, raw):
    """What textfsm makes of it; None when it fails in a way it has no name for, or takes too long."""
    try:
        fsm = limited(lambda: textfsm.TextFSM(io.StringIO(template)))
    except textfsm.TextFSMTemplateError:
        return {"error": "template"}
    except Exception:
        return None
    try:
        rows = limited(lambda: fsm.ParseText(raw))
    except textfsm.TextFSMError:
        return {"error": "state"}
    except Exception:
        return None
    return {"header": fsm.header, "rows": rows}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--texts", type=int, default=4)
    options = arguments.parse_args()
    chance = random.Random(options.seed)
    maker = Maker(chance)
    templates = {}
    for name in sorted(os.listdir(FOLDER)):
        if name.endswith(".textfsm"):
            with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
                templates[name] = file.read()
    texts = {}
    parse = open(os.path.join(options.out, "parse.jsonl"), "w")
    broken = open(os.path.join(options.out, "broken.jsonl"), "w")
    for name, template in templates.items():
        fsm = textfsm.TextFSM(io.StringIO(template))
        texts[name] = []
        for number in range(options.texts):
            lines = walk(fsm, maker, chance, chance.choice([5, 20, 60]))
            raw = "\n".join(lines) + "\n" if number == 0 else spoilt(lines, chance)
            texts[name].append(raw)
            expected = answer(template, raw)
            if expected is not None:
                json.dump({"id": f"{name}/{number}", "kind": "parse", "template": template, "raw": raw, "expected": expected}, parse)
                parse.write("\n")
        for number in range(2):
            changed = spoilt_template(template, chance)
            raw = texts[name][-1]
            expected = answer(changed, raw)
            if expected is not None:
                json.dump({"id": f"{name}/broken/{number}", "kind": "parse", "template": changed, "raw": raw, "expected": expected}, broken)
                broken.write("\n")

    pipeline = open(os.path.join(options.out, "pipeline.jsonl"), "w")
    with open(os.path.join(FOLDER, "index")) as file:
        json.dump({"kind": "library", "id": "library", "index": file.read(), "templates": templates}, pipeline)
    pipeline.write("\n")
    table = clitable.CliTable("index", FOLDER)
    for row in table.index.index:
        name, platform = row["Template"], row["Platform"]
        for number in range(3):
            command = maker.text(row["Command"].replace(r"\s", " "))
            if number == 1:
                command = command[: chance.randint(1, max(1, len(command)))]
            elif number == 2:
                command += chance.choice([" ", " detail", " | include x", "s", ""])
            found = table.index.GetRowMatch({"Command": command, "Platform": platform})
            chosen = table.index.index[found]["Template"] if found else None
            json.dump({"id": f"{name}/{number}", "kind": "index", "platform": platform, "command": command,
                       "expected": {"template": chosen}}, pipeline)
            pipeline.write("\n")
            if chosen is None or (number and ":" not in chosen):
                continue
            first, *others = [n for n in chosen.split(":")]
            raw = "".join(chance.choice(texts[n]) for n in [first, *others])
            try:
                rows = limited(lambda: parse_output(platform=platform, command=command, data=raw))
            except textfsm.TextFSMError:
                expected = {"error": "state"}
            except Exception:
                continue
            else:
                expected = {"rows": rows}
            json.dump({"id": f"{name}/rows/{number}", "kind": "pipeline", "platform": platform, "command": command,
                       "raw": raw, "expected": expected}, pipeline)
            pipeline.write("\n")


if __name__ == "__main__":
    sys.exit(main())
