#!/usr/bin/python3
"""Does what README.md says, in its order, in an empty home of its own.

  readme.py ROOT PROGRAM...  the programs' folders come first in PATH

Fenced blocks take part when the first line of the fence says so:

  ```sh run             a shell script that must succeed
  ```sh run background  goes on until the end; when it has printed something
                        (or written a .monologuerc) the next block's turn comes
  ```sh run node        the same, where there is node, with our package
  ```text               what the block before it prints; ID is any id
  ```js FILE            is written to FILE
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FENCE = re.compile(r'^```(\w+)(?: ([^\n]*))?\n(.*?)^```$', re.M | re.S)
ID = r'[A-Za-z0-9_-]{14}[AQgw]='
PATIENCE_S = 30


class Home:
    """An empty folder to work in, and what runs there in the background."""

    def __init__(self, folder, paths):
        self.folder = pathlib.Path(folder)
        self.environment = {
            'HOME': folder,
            'PATH': os.pathsep.join(paths + [os.environ['PATH']]),
            'MONOLOGUED_LISTEN': 'ws://127.0.0.1:0',
        }
        self.has_package = False
        self.running = []

    def link_package(self, root):
        """Ours for Node; its own package ws is there, or it is of no use."""
        package = root / 'client/js'
        if shutil.which('node') and (package / 'node_modules/ws').exists():
            (self.folder / 'node_modules').mkdir()
            (self.folder / 'node_modules/monologue').symlink_to(package)
            self.has_package = True

    def start(self, script, **more):
        return subprocess.Popen(['sh', '-ec', script], cwd=self.folder,
                                env=self.environment, text=True,
                                start_new_session=True, **more)

    def run(self, script):
        shell = self.start(script, stdout=subprocess.PIPE)
        output, _ = shell.communicate(timeout=PATIENCE_S)
        if shell.returncode:
            sys.exit(f'exit status {shell.returncode} of:\n{script}')
        return output

    def run_behind(self, script):
        path = self.folder / f'output{len(self.running)}'
        rc = self.folder / '.monologuerc'
        had_rc = rc.exists()
        shell = self.start(script, stdout=path.open('w'))
        self.running.append(shell)
        deadline = time.monotonic() + PATIENCE_S
        while not path.stat().st_size and rc.exists() == had_rc:
            if shell.poll() is not None or time.monotonic() > deadline:
                sys.exit(f'nothing came of:\n{script}')
            time.sleep(0.02)
        output = path.read_text()
        if re.fullmatch(ID, output.strip()):
            self.environment['ID'] = output.strip()
        return output

    def end(self):
        for shell in reversed(self.running):
            os.killpg(shell.pid, signal.SIGTERM)
            shell.wait(PATIENCE_S)


def compare(output, expected):
    pattern = re.escape(expected.strip()).replace('ID', ID)
    if not re.fullmatch(pattern, output.strip()):
        sys.exit(f'instead of:\n{expected}\ncame:\n{output}')


def follow(home, blocks):
    """Returns how many blocks were run."""
    output = None
    n_run = 0
    for language, words, text in blocks:
        if language == 'js' and words:
            (home.folder / words).write_text(text)
        elif language == 'text' and output is not None:
            compare(output, text)
        output = None
        if language != 'sh' or not words.startswith('run'):
            continue
        if words == 'run node' and not home.has_package:
            print('without node or ws, not tried:', text, sep='\n')
            continue
        run = home.run_behind if words == 'run background' else home.run
        output = run(text)
        n_run += 1
    return n_run


def main(root, *programs):
    root = pathlib.Path(root)
    blocks = FENCE.findall((root / 'README.md').read_text(encoding='utf-8'))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder, [os.path.dirname(path) for path in programs])
        home.link_package(root)
        try:
            n_run = follow(home, blocks)
        finally:
            home.end()
    print(f'{n_run} blocks work as written')
    return 0 if n_run else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
