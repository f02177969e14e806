#!/usr/bin/python3
"""Holds the sources to what docs/hacking.md says of their shape.

  shape.py ROOT  prints each line that breaks a rule; exit status 1 if any
"""
import pathlib
import re
import sys

FOLDERS = ['proto', 'daemon', 'client', 'tests']
MAX_LINES = {'proto': 500, 'daemon': 500, 'client': 500, 'tests': 800}
# The public header is one, and mostly prose.
MAX_LINES_OF = {'client/monologue.h': 800}

# Who may include whom, by the first folder of the path.
SEES = {
    'proto': {'proto'},
    'daemon': {'proto', 'daemon'},
    'client': {'proto', 'client'},
    'tests': {'proto', 'daemon', 'client', 'tests'},
}

# Where the headers of a library may be included, as patterns of paths. The
# tests may use what they like.
HOMES = {
    r'openssl/ssl|openssl/x509|openssl/bio|openssl/err|openssl/pem':
        r'proto/tls.*\.[ch]',
    r'http_parser': r'proto/http.*\.[ch]',
    r'^ini\.h': r'proto/inifile\.c',
    r'jansson': r'proto/rc[_a-z]*\.c|daemon/(logline|errand)\.c|client/.*',
    r'wslay': r'client/.*\.[ch]',
    r'^uv\.h': r'(daemon|client)/.*',
}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')


def include_faults(path, kind, target):
    layer = path.split('/')[0]
    if kind == '"':
        if target.split('/')[0] not in SEES[layer]:
            yield f'{layer} must not know {target}'
        return
    if layer == 'tests':
        return
    for library, home in HOMES.items():
        if re.search(library, target) and not re.fullmatch(home, path):
            yield f'<{target}> has its home in {home}'


def faults(root, path):
    text = (root / path).read_text(encoding='utf-8')
    lines = text.split('\n')
    if lines[-1] != '':
        yield len(lines), 'no newline at the end of the file'
    most = MAX_LINES_OF.get(path) or MAX_LINES[path.split('/')[0]]
    if len(lines) - 1 > most:
        yield len(lines) - 1, f'more than {most} lines: find the seam'
    for number, line in enumerate(lines, 1):
        if line != line.rstrip():
            yield number, 'blanks at the end of the line'
        if '\t' in line:
            yield number, 'a tab'
        include = INCLUDE.match(line)
        if include:
            for fault in include_faults(path, include[1], include[2]):
                yield number, fault


def twice_named(paths):
    """File names are unique in the tree, as functions are named after them."""
    seen = {}
    for path in paths:
        name = path.rsplit('/', 1)[-1]
        if name in seen:
            yield f'{path}:1: named like {seen[name]}'
        seen[name] = path


def unknown_rooms(root, paths):
    """Every room has its line in the architecture."""
    text = (root / 'docs/architecture.md').read_text(encoding='utf-8')
    bullets = re.findall(r'^- ((?:`\w+`,? )+)', text, re.M)
    known = re.findall(r'\w+', ' '.join(bullets))
    for path in paths:
        room = re.match(r'(?:proto|daemon|client)/(\w+)\.[ch]$', path)
        if room and room[1] not in known:
            yield f'{path}:1: not a word of it in docs/architecture.md'


def main(root):
    paths = sorted(str(p.relative_to(root))
                   for folder in FOLDERS
                   for p in (root / folder).rglob('*.[ch]')
                   if 'node_modules' not in p.parts)
    broken = [f'{path}:{number}: {what}'
              for path in paths for number, what in faults(root, path)]
    broken += twice_named(paths)
    broken += unknown_rooms(root, paths)
    print('\n'.join(broken) or f'{len(paths)} files in shape')
    return 1 if broken or not paths else 0


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1])))
