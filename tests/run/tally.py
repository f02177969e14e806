#!/usr/bin/python3
"""Counts what Meson's logs (testlog*.json) say, and ends with one plain line.

A program that speaks TAP counts with each of its cases, any other as one.
Exit status: 0 when something passed and nothing failed.
"""
import json
import re
import sys

CASE = re.compile(r'^(not ok|ok)\b([^#]*)(?:#\s*(skip|todo)\b)?', re.I)
GOOD = {'OK': 'passed', 'EXPECTEDFAIL': 'passed', 'SKIP': 'skipped'}


def tap_cases(text):
    """Returns the outcome of each TAP line: passed, failed or skipped."""
    for line in text.splitlines():
        case = CASE.match(line)
        if case and case[3]:
            yield 'skipped'
        elif case:
            yield 'passed' if case[1].lower() == 'ok' else 'failed'


def failed_cases(entry):
    """Returns the TAP lines of what failed, which say where and why."""
    return [line for line in entry.get('stdout', '').splitlines()
            if line.startswith('not ok')]


def outcomes(entry):
    whole = GOOD.get(entry['result'], 'failed')
    cases = list(tap_cases(entry.get('stdout', '')))
    if not cases:
        return [whole]
    if whole == 'failed' and 'failed' not in cases:
        cases.append('failed')  # it crashed, or ended before its last case
    return cases


def main(paths):
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    for path in paths:
        try:
            with open(path, encoding='utf-8') as log:
                entries = [json.loads(line) for line in log]
        except OSError as error:
            print(f'no results: {error}', file=sys.stderr)
            counts['failed'] += 1
            continue
        for entry in entries:
            for outcome in outcomes(entry):
                counts[outcome] += 1
            if entry['result'] not in GOOD:
                print(f"{path}: {entry['name']}: {entry['result']}")
                for line in failed_cases(entry):
                    print(f'    {line}')
            elif entry['result'] == 'SKIP':
                print(f"{path}: {entry['name']}: skipped")
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    if counts['skipped']:
        line += f", {counts['skipped']} skipped"
    print(line)
    return 0 if counts['passed'] and not counts['failed'] else 1


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
