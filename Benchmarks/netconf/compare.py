#!/usr/bin/env python3
"""CPU milliseconds from the bytes of a channel to a parsed tree, beside lxml and xmllint on the same message.

    ASBUILT_BENCHMARK=netconf swift build -c release --scratch-path .build-benchmark --product netconf-benchmark
    Benchmarks/netconf/compare.py .build-benchmark/release/netconf-benchmark [BYTES ...]

Ours takes the framed pieces of an SSH channel and ends with a typed reply over a compact tree with positions; lxml ends with a
libxml2 tree; `xmllint --sax` only reads. Needs the Debian packages python3-lxml and libxml2-utils (run with /usr/bin/python3).
"""
import re
import resource
import subprocess
import sys
import tempfile
import time


def lxml_seconds(text, tries=3):
    from lxml import etree

    best = None
    for _ in range(tries):
        begin = time.process_time()
        etree.fromstring(text, etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True))
        spent = time.process_time() - begin
        best = spent if best is None else min(best, spent)
    return best


def xmllint_seconds(path, tries=3):
    best = None
    for _ in range(tries):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["xmllint", "--sax", "--noout", "--huge", path], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = spent if best is None else min(best, spent)
    return best


def main():
    program, sizes = sys.argv[1], [int(size) for size in sys.argv[2:]] or [1_000_000, 50_000_000]
    for size in sizes:
        text = subprocess.run([program, "print", str(size)], stdout=subprocess.PIPE, check=True).stdout
        ours = subprocess.run([program, "parse", str(size), "5"], stdout=subprocess.PIPE, check=True, text=True).stdout
        once = subprocess.run([program, "parse", str(size), "1"], stdout=subprocess.PIPE, check=True, text=True).stdout
        seconds = float(re.search(r"([0-9.]+) ms", ours)[1]) / 1000
        memory = float(re.search(r"memory ([0-9.]+)", once)[1])
        with tempfile.NamedTemporaryFile(suffix=".xml") as file:
            file.write(text)
            file.flush()
            lint = xmllint_seconds(file.name)
        lxml = lxml_seconds(text)
        print(f"{len(text):>9} bytes: asbuilt {seconds * 1000:7.1f} ms, {memory} x the text in memory; "
              f"lxml {lxml * 1000:7.1f} ms ({seconds / lxml:.2f} x); xmllint --sax {lint * 1000:7.1f} ms")


main()
