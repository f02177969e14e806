#!/usr/bin/env python3
"""Measures monologued beside the least that a relay can do (bench-floor), and
beside relays that anyone can install. See docs/performance.md.

Every workload is run in rounds, in each of which all servers take their turn;
what counts is the median of the rounds. Server and load have a CPU each, which
a busy loop of the lowest priority keeps awake: on a virtual machine a CPU that
sleeps is woken at the expense of whoever comes next.
"""

import argparse
import os
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import report
from runner import Runner
from workloads import find


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", default="build", help="the build folder")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2, help="of one measurement")
    parser.add_argument("--only", default="", help="workloads whose name has this in it")
    parser.add_argument("--no-peers", action="store_true", help="leave out what others made")
    parser.add_argument("--write", metavar="FILE", help="put the figures into this page, the plot beside it")
    return parser.parse_args()


def main():
    options = parse()
    with tempfile.TemporaryDirectory() as folder:
        with Runner(options.build, folder, options.rounds, options.seconds) as runner:
            figures = runner.run(find(options.only), not options.no_peers)
    print(report.page(figures))
    if options.write:
        report.write(options.write, figures)


if __name__ == "__main__":
    main()
