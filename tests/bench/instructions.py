#!/usr/bin/env python3
"""Counts the instructions of fixed workloads and holds them against the file.

usage: instructions.py FILE PROGRAM...

Time depends on the neighbours, instructions do not: a change that costs five in
a hundred more fails here, and one that saves shows in the file. With WRITE=1 in
the environment the file is written anew; a commit that does so says why.

Counts hold for one compiler and one kind of processor: with others, skipped (77).
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

MORE_MAX = 1.05


def surroundings():
    """What the counts hold for: some rooms have other forms for other processors."""
    told = subprocess.run(["cc", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    with open("/proc/cpuinfo") as file:
        has_avx2 = " avx2 " in file.read()
    return f"{platform.machine()}{' with AVX2' if has_avx2 else ''}, {told.splitlines()[0]}"


def count(program):
    with tempfile.NamedTemporaryFile() as out:
        ran = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", program],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", ran.stderr).group(1))


def read(path):
    """The surroundings, and a count for each program."""
    with open(path) as file:
        first, *lines = file.read().splitlines()
    return first, {name: int(n) for name, n in (line.split() for line in lines)}


def write(path, counts):
    with open(path, "w") as file:
        file.write(surroundings() + "\n")
        file.writelines(f"{name} {n}\n" for name, n in counts.items())


def main(path, *programs):
    if not shutil.which("valgrind"):
        print("no valgrind here")
        return 77
    is_writing = os.environ.get("WRITE") == "1"
    if not is_writing:
        expected, known = read(path)
        if expected != surroundings():
            print(f"the counts are for {expected}, not {surroundings()}")
            return 77
    counts = {os.path.basename(program): count(program) for program in programs}
    if is_writing:
        write(path, counts)
        return 0
    dear = [name for name, n in counts.items() if n > known[name] * MORE_MAX]
    for name, n in counts.items():
        print(f"{name}: {n:,} instructions, {100 * (n / known[name] - 1):+.1f}%")
    if dear:
        print(f"more than {MORE_MAX - 1:.0%} dearer: {', '.join(dear)}; if it is worth it: WRITE=1 {sys.argv[0]} ...")
    return 1 if dear else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
