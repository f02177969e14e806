"""A server, the command as its users run it, and terminals to run it on.

Nothing here waits for luck: what is waited for is output, or an end, and after
PATIENCE_S seconds the test has failed.
"""
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import unittest

MONOLOGUE = os.environ['MONOLOGUE_COMMAND']
MONOLOGUED = os.environ['MONOLOGUED']
PATIENCE_S = 60
ID = r'[A-Za-z0-9_-]{14}[AQgw]='
NOBODY = 'AAAAAAAAAAAAAAA='


def clean_environment(folder, **more):
    """No settings but those of the test."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith('MONOLOGUE') and name != 'NO_COLOR'}
    return {**kept, 'HOME': folder, 'XDG_STATE_HOME': f'{folder}/state',
            'TERM': 'xterm', 'LC_ALL': 'C.UTF-8', **more}


class Server:
    """A monologued on ports of its own."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [MONOLOGUED, '--listen=ws://127.0.0.1:0', '--api-key=secret',
             '--admin-listen=http://127.0.0.1:0', *options],
            cwd=folder, env=clean_environment(folder), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.endpoint = self.admin = None
        for line in self.process.stdout:
            word, _, value = line.strip().partition(' ')
            if word == 'endpoint':
                self.endpoint = value
            if word == 'admin':
                self.admin = value
            if self.endpoint and self.admin:
                return
        raise AssertionError('the daemon did not start')

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(PATIENCE_S)

    def end(self):
        if self.process.poll() is None:
            self.kill(signal.SIGTERM)
        self.process.stdout.close()


class Terminal:
    """The command with a pseudo-terminal for all that it reads and prints."""

    def __init__(self, args, environment, rows=24, columns=80):
        self.seen = ''
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.clear()
            os.environ.update(environment)
            os.execv(args[0], args)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack('HHHH', rows, columns, 0, 0))

    def send(self, text):
        os.write(self.fd, text.encode())

    def read(self, timeout_s):
        """Returns False at the end."""
        if not select.select([self.fd], [], [], timeout_s)[0]:
            raise AssertionError(f'nothing came behind: {self.seen!r}')
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += data.decode(errors='replace')
        return bool(data)

    def expect(self, pattern):
        """Waits for it; what is left is what comes behind it."""
        while not (match := re.search(pattern, self.seen)):
            if not self.read(PATIENCE_S):
                raise AssertionError(f'{pattern!r} is not in {self.seen!r}')
        self.seen = self.seen[match.end():]
        return match

    def end(self):
        """Reads the rest; returns the exit status, negative for a signal."""
        while self.read(PATIENCE_S):
            pass
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.pid = None
        return os.waitstatus_to_exitcode(status)

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            os.close(self.fd)


class CommandTest(unittest.TestCase):
    """A folder, a server, and what runs against it; all is gone afterwards."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='monologue-')
        self.addCleanup(shutil.rmtree, self.folder)
        self.server = Server(self.folder)
        self.addCleanup(self.server.end)

    def environment(self, **more):
        return clean_environment(self.folder, **{
            'MONOLOGUE_ENDPOINT': self.server.endpoint,
            'MONOLOGUE_API_KEY': 'secret', **more})

    def run_command(self, *args, status=0, text='', **environment):
        done = subprocess.run(
            [MONOLOGUE, *args], input=text, capture_output=True, text=True,
            cwd=self.folder, env=self.environment(**environment),
            timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return done

    def json_lines(self, *args, **more):
        out = self.run_command(*args, **more).stdout
        return [json.loads(line) for line in out.splitlines()]

    def start(self, *args, **more):
        process = subprocess.Popen(
            [MONOLOGUE, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd=self.folder, env=self.environment(), **more)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def listen(self, *args):
        """A listener, and the id that it has printed."""
        process = self.start('listen', *args)
        line = process.stdout.readline().strip()
        self.assertRegex(line, f'^{ID}$', process.stderr)
        return process, line

    def terminal(self, *args, environment=None, **more):
        terminal = Terminal([MONOLOGUE, *args],
                            environment or self.environment(), **more)
        self.addCleanup(terminal.kill)
        return terminal

    def interrupt(self, process, number=signal.SIGINT):
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err


def main():
    unittest.main(verbosity=2)
