#!/usr/bin/python3
"""What the package promises in package.json is what is installed of it.

  installed.py CLIENT-JS FILE...  FILE: one that is installed
"""
import fnmatch
import json
import pathlib
import sys


def main(folder, installed):
    files = json.loads((folder / 'package.json').read_text())['files']
    patterns = [name + '*' if name.endswith('/') else name for name in files]
    sources = {str(path.relative_to(folder)) for path in folder.rglob('*')
               if path.is_file() and 'node_modules' not in path.parts}
    wanted = {name for name in sources
              if any(fnmatch.fnmatch(name, pattern) and ('/' in pattern or '/' not in name)
                     for pattern in patterns)}
    wanted |= {'package.json', 'README.md'}
    for name in sorted(wanted ^ installed):
        print(name, 'is not installed' if name in wanted else 'is not in "files"')
    print(len(wanted), 'files')
    return wanted != installed


if __name__ == '__main__':
    sys.exit(main(pathlib.Path(sys.argv[1]), set(sys.argv[2:])))
