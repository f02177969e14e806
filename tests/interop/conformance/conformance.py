#!/usr/bin/python3
"""Holds monologued to API Gateway's ways, row by row of docs/compatibility.md.

  conformance.py PAGE [ROW...]   the rows; without any: all of them

MONOLOGUED is the program. Every row is tried with 1, 2 and 4 workers, and the
rows here must be those of the page. Prints TAP: a row that waits for an option
which this daemon does not have is skipped as pending; what nobody can test is
named in a comment. Exit status: 0 when no row failed.
"""
import os
import pathlib
import re
import signal
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True  # the source tree stays clean

import daemon
import rows
import addresses  # noqa: F401
import frames  # noqa: F401
import handshakes  # noqa: F401
import limits  # noqa: F401
import management  # noqa: F401
import messages  # noqa: F401

WORKERS = (1, 2, 4)
ROW_PATIENCE_S = 60


def run_out(signal_number, stack):
    raise TimeoutError(f'not done after {ROW_PATIENCE_S} s')


class Api:
    """What a row may start, and what it need not clean up."""

    def __init__(self, program, n_workers):
        self.program = program
        self.n_workers = n_workers
        self.daemons = []
        self.folder = tempfile.TemporaryDirectory()

    def file(self, name, text):
        path = pathlib.Path(self.folder.name, name)
        path.write_text(text, encoding='utf-8')
        path.chmod(0o600)
        return path

    def start(self, *settings):
        self.daemons.append(daemon.Daemon(
            self.program,
            [f'--workers={self.n_workers}', '--drain-timeout=0', *settings]))
        return self.daemons[-1]

    def stop(self):
        with self.folder:
            for each in self.daemons:
                each.stop()


def fault_of(row, program):
    """Returns what is wrong, or None."""
    for n_workers in WORKERS:
        api = Api(program, n_workers)
        signal.alarm(ROW_PATIENCE_S)
        try:
            try:
                row.check(api)
            finally:
                api.stop()
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[1]
            return (f'{n_workers} workers, {place.name}:{place.lineno}: '
                    f'{type(error).__name__}: {error}')[:1000]
        finally:
            signal.alarm(0)
    return None


def section_of(row):
    return [int(n) for n in row.name.split('-')[0].split('.')]


def compare_with(page):
    """Returns the rows that only one side has."""
    text = pathlib.Path(page).read_text(encoding='utf-8')
    told = re.findall(r'^\| `(\d+(?:\.\d+)?-[a-z0-9-]+)` \|', text, re.M)
    twice = {name for name in told if told.count(name) > 1}
    return sorted(twice | (set(told) ^ set(rows.ROWS)))


def main(page, *wanted):
    signal.signal(signal.SIGALRM, run_out)
    program = os.environ['MONOLOGUED']
    options = daemon.options_of(program)
    counts = {'passed': 0, 'failed': 0, 'not testable': 0, 'pending': 0}
    faults = {}  # by check: several rows may share one
    n_lines = 0
    for row in sorted(rows.ROWS.values(), key=section_of):
        if wanted and row.name not in wanted:
            continue
        if row.why_not:
            counts['not testable'] += 1
            print(f'# not testable: {row.name}: {row.why_not}')
            continue
        n_lines += 1
        if row.needs and row.needs not in options:
            counts['pending'] += 1
            print(f'ok {n_lines} - {row.name} # SKIP pending: no --{row.needs}')
            continue
        if row.check not in faults:
            faults[row.check] = fault_of(row, program)
        fault = faults[row.check]
        counts['failed' if fault else 'passed'] += 1
        print(f'{"not ok" if fault else "ok"} {n_lines} - {row.name}', flush=True)
        if fault:
            print('\n'.join(f'# {line}' for line in fault.split('\n')))
    odd = [] if wanted else compare_with(page)
    if not wanted:
        n_lines += 1
        print(f'{"not ok" if odd else "ok"} {n_lines} - the page has the same rows')
    for name in odd:
        print(f'# not once on the page and once here: {name}')
    print(f'1..{n_lines}')
    print(f'# {len(rows.ROWS)} rows: ' + ', '.join(
        f'{n} {what}' for what, n in counts.items()))
    return 1 if counts['failed'] or odd else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
