#!/usr/bin/python3
"""Does what the documents say, in their order, each in an empty home of its own.

  examples.py ROOT PROGRAM...  the programs' folders come first in PATH

blocks.py tells what a block of a document is; README.md, all of docs/ and the
package's README are read. What cannot be run by a test - as it needs root, or a
service manager - is held to what there is: options, verbs, settings, targets.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import blocks

ID = r'[A-Za-z0-9_-]{14}[AQgw]='
PATIENCE_S = 60

# What differs from run to run, behind re.escape().
VOLATILE = [
    (r'\bID\b', ID),
    (r'[A-Za-z0-9_]{14}[AQgw]=', ID),
    (r'127\\\.0\\\.0\\\.1:\d+', r'127\.0\.0\.1:\d+'),
    (r'\b[A-Za-z0-9]{30,}\b', r'[A-Za-z0-9]{30,}'),
    (r'\b\d+\\\.\d+\b', r'\d+\.\d+'),
    (r'\b\d+(?=\\ (?:ms|calls/s)\b)', r'\d+'),
    (r'\b\d\d:\d\d:\d\d\b', r'\d\d:\d\d:\d\d'),
    (r'\\\.\\\.\\\.', r'(?s:.*?)'),
]


class Home:
    """An empty folder to work in, and what runs there in the background."""

    def __init__(self, folder, paths):
        self.folder = pathlib.Path(folder)
        self.environment = {
            'HOME': folder,
            'PATH': os.pathsep.join(paths + [os.environ['PATH']]),
            'MONOLOGUED_LISTEN': 'ws://127.0.0.1:0',
            'TERM': 'dumb',
        }
        self.has_package = False
        self.running = []
        self.terminals = []

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
        for terminal in self.terminals:
            os.close(terminal.fd)


class Terminal:
    """A shell that prints on a terminal, though nobody types there."""

    def __init__(self, home, script):
        self.script = script
        self.output = ''
        self.fd, slave = pty.openpty()
        self.shell = home.start(f'exec 2>>errors; {script}', stdin=slave,
                                stdout=slave)
        os.close(slave)

    def read(self):
        """Returns False at the end."""
        if not select.select([self.fd], [], [], PATIENCE_S)[0]:
            sys.exit(f'nothing came behind {self.output!r} of:\n{self.script}')
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b''
        self.output += data.decode().replace('\r\n', '\n')
        return bool(data)

    def await_output(self, expected):
        while not re.match(pattern_of(expected), self.output):
            if not self.read():
                differ(expected, self.output, self.script)

    def interrupt(self):
        os.killpg(self.shell.pid, signal.SIGINT)

    def end(self, expected):
        while self.read():
            pass
        os.close(self.fd)
        if self.shell.wait(PATIENCE_S):
            sys.exit(f'exit status {self.shell.returncode} of:\n{self.script}')
        if not re.fullmatch(pattern_of(expected), self.output):
            differ(expected, self.output, self.script)


def pattern_of(expected):
    """One pass, so that what stands for something is not looked at again."""
    either = re.compile('|'.join(f'({volatile})' for volatile, _ in VOLATILE))
    return either.sub(lambda match: VOLATILE[match.lastindex - 1][1],
                      re.escape(expected))


def differ(expected, output, script):
    sys.exit(f'instead of:\n{expected}\ncame:\n{output}\nof:\n{script}')


class Document:
    """What its blocks have in common: a home, and ids that stand for others."""

    def __init__(self, home, known):
        self.home = home
        self.known = known
        self.ids = {}
        self.output = None
        self.counts = {}

    def follow(self, block):
        output, self.output = self.output, None
        method = getattr(self, f'do_{block.kind}', None)
        if not method:
            sys.exit(f'there is no kind "{block.kind}" of block')
        if block.kind == 'text':
            if output is not None and not re.fullmatch(
                    pattern_of(block.text.strip()), output.strip()):
                differ(block.text, output, 'the block above')
        else:
            method(block)
        self.counts[block.kind] = self.counts.get(block.kind, 0) + 1

    def do_run(self, block):
        if block.word == 'node' and not self.home.has_package:
            print('without node or ws, not tried:', block.text, sep='\n')
        elif block.word == 'background':
            self.output = self.home.run_behind(block.text)
        else:
            self.output = self.home.run(block.text)

    def do_text(self, block):
        """Compared with what came of the block before it."""

    def do_file(self, block):
        (self.home.folder / block.word).write_text(block.text)

    def do_session(self, block):
        parts = re.split(r'^\$ ((?:.*\\\n)*.*)\n', block.text, flags=re.M)
        scripts = list(zip(parts[1::2], parts[2::2]))
        for i, (script, expected) in enumerate(scripts):
            for written, actual in self.ids.items():
                script = script.replace(written, actual)
            terminal = Terminal(self.home, script)
            before, interrupt, after = expected.partition('^C\n')
            if interrupt:
                terminal.await_output(before)
                terminal.interrupt()
                expected = before + after
            if block.word == 'background' and i == len(scripts) - 1:
                terminal.await_output(expected)
                self.home.running.append(terminal.shell)
                self.home.terminals.append(terminal)
            else:
                terminal.end(expected)
            self.bind(expected, terminal.output)

    def bind(self, expected, output):
        """An id that is written stands for the one that came in its place."""
        for written, actual in zip(re.findall(ID, expected),
                                   re.findall(ID, output)):
            self.ids.setdefault(written, actual)

    def do_shell(self, block):
        subprocess.run(['sh', '-n'], input=block.text, text=True, check=True)
        text = re.sub(r'\\\n\s*', ' ', block.text)
        for line in text.split('\n'):
            self.known.check(re.sub(r'(^|\s)#.*', '', line))

    def do_conf(self, block):
        self.known.check_settings(block.text)

    def do_json(self, block):
        """That it is JSON is what made it of this kind."""

    def do_c(self, block):
        text = block.text
        if 'main(' not in text:
            text = ('#include <jansson.h>\n#include <monologue.h>\n'
                    '#include <poll.h>\n#include <stdio.h>\n'
                    'void example(struct monologue *monologue, const char *id);\n'
                    'void example(struct monologue *monologue, const char *id)\n'
                    f'{{ (void)monologue; (void)id;\n{text}}}\n')
        subprocess.run([*self.known.compiler, '-x', 'c', '-'], input=text,
                       text=True, check=True)

    def do_shown(self, block):
        """Nothing to check."""


class Known:
    """What there is: options, verbs, settings, targets of make."""

    def __init__(self, root, programs):
        self.root = root
        self.help = {}
        for program in programs:
            name = os.path.basename(program)
            self.help[name] = self.tell(program, '--help')
            if name == 'monologued':
                self.settings = {option.replace('-', '_') for option in
                                 re.findall(r'--([a-z-]+)', self.help[name])}
            else:
                self.verbs = set(re.findall(r'^  ([a-z]+) ', self.help[name], re.M))
                for verb in self.verbs:
                    self.help[name] += self.tell(program, 'help', verb)
        self.targets = set(re.findall(r'^([a-z-]+):',
                                      (root / 'Makefile').read_text(), re.M))
        flags = subprocess.run(['pkg-config', '--cflags', 'jansson', 'libuv'],
                               capture_output=True, text=True, check=True).stdout
        self.compiler = [os.environ.get('CC', 'cc'), '-fsyntax-only', '-Wall',
                         '-Wextra', '-Wno-unused-parameter', '-Werror',
                         f'-I{root}/client', *flags.split()]

    @staticmethod
    def tell(*command):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith('MONOLOGUE')}
        return subprocess.run(command, capture_output=True, text=True,
                              check=True, env=environment).stdout

    def check(self, line):
        words = line.split()
        for i, word in enumerate(words):
            name = os.path.basename(word)
            if name in self.help:
                self.check_options(name, words[i + 1:])
                return
        if words and words[0] == 'make':
            for word in words[1:]:
                if '=' not in word and word not in self.targets:
                    sys.exit(f'make has no target {word}: {line}')
        if words and words[0].startswith('tests/') and not (
                self.root / words[0]).exists():
            sys.exit(f'there is no {words[0]}: {line}')

    def check_options(self, name, words):
        if name == 'monologue' and words and words[0] not in self.verbs:
            sys.exit(f'there is no verb {words[0]}')
        for word in words:
            if word in ('--', '|'):
                return
            option = word.split('=')[0]
            if option.startswith('--') and f'{option}' not in re.findall(
                    r'--[a-z-]+', self.help[name]):
                sys.exit(f'{name} has no option {option}')

    def check_settings(self, text):
        section = ''
        for line in text.split('\n'):
            if line.startswith('['):
                section = line
            key = re.match(r'([\w.-]+) = ', line)
            if key and not section and key[1] not in self.settings:
                sys.exit(f'there is no setting {key[1]}')


def follow(root, path, known, programs):
    """Returns how many blocks of each kind there were."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(folder, [os.path.dirname(path) for path in programs])
        home.link_package(root)
        document = Document(home, known)
        try:
            for block in blocks.read(path):
                try:
                    document.follow(block)
                except (SystemExit, subprocess.CalledProcessError) as why:
                    sys.exit(f'{path}:{block.line}: {why}')
        finally:
            home.end()
    return document.counts


def main(root, *programs):
    root = pathlib.Path(root)
    known = Known(root, programs)
    paths = [root / 'README.md', root / 'client/js/README.md',
             *sorted((root / 'docs').glob('*.md')),
             *sorted((root / 'docs').glob('*.scd'))]
    for path in paths:
        counts = follow(root, path, known, programs)
        print(path.relative_to(root), *(f'{kind}: {n}' for kind, n in
                                        sorted(counts.items())), sep='  ')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
