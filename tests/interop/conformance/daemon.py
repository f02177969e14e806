"""Real daemons, each on a free port of its own."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile

import sigv4
import wire

WEBSOCKET_KEY = 'dGhlIHNhbXBsZSBub25jZQ=='


def options_of(program):
    """The names of all options that a program knows."""
    text = subprocess.run([program, '--help'], check=True, text=True,
                          capture_output=True).stdout
    return set(re.findall(r'^ *--([a-z-]+)', text, re.M))


class Daemon:
    def __init__(self, program, settings):
        self.folder = tempfile.TemporaryDirectory()
        self.log_path = pathlib.Path(self.folder.name, 'log')
        settings = [*settings, self._credentials()]
        if not any(s.startswith('--listen=') for s in settings):
            settings.append('--listen=ws://127.0.0.1:0')
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith('MONOLOGUE')}
        self.process = subprocess.Popen(
            [program, *settings], cwd=self.folder.name, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=self.log_path.open('w'))
        self._read_announcement(settings)

    def _credentials(self):
        """Whoever signs with sigv4.KEY_ID may use the management API."""
        path = pathlib.Path(self.folder.name, 'credentials')
        path.write_text(f'[{sigv4.KEY_ID}]\nsecret = {sigv4.SECRET}\n')
        path.chmod(0o600)
        return f'--credentials-file={path}'

    def _read_announcement(self, settings):
        """Keeps what is told by its name: endpoint, admin, apiKey."""
        is_key_given = any(
            s.startswith(('--api-key=', '--keys-file=')) for s in settings)
        last = 'endpoint'
        if any(s.startswith('--admin-listen=') for s in settings):
            last = 'admin'
        if not is_key_given:
            last = 'apiKey'
        self.told = {}
        while last not in self.told:
            line = self.process.stdout.readline()
            if not line:
                self.process.wait(wire.PATIENCE_S)
                raise AssertionError(f'no {last} is told: {self.log()}')
            name, value = line.split()
            self.told[name] = value
        self.key = self.told.get('apiKey')
        self.host, port, self.stage = re.fullmatch(
            r'wss?://([\d.]+):(\d+)/(\S+)', self.told['endpoint']).groups()
        self.port = int(port)

    def log(self):
        return self.log_path.read_text()

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(wire.PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self.process.stdout.close()
            log = self.log()
            self.folder.cleanup()
        if status:
            raise AssertionError(f'monologued ended with {status}: {log}')

    # As a client of the WebSocket API.

    def dial(self, **more):
        return wire.Stream(wire.dial(self.host, self.port, **more))

    def headers(self, key='', more=(), without=()):
        """Of an upgrade. @key: '' is the right one, None is none."""
        key = self.key if key == '' else key
        headers = [('Host', f'{self.host}:{self.port}'),
                   ('Upgrade', 'websocket'), ('Connection', 'Upgrade'),
                   ('Sec-WebSocket-Key', WEBSOCKET_KEY),
                   ('Sec-WebSocket-Version', '13')]
        if key:
            headers.append(('x-api-key', key))
        replaced = [name.lower() for name, _ in more] + list(without)
        return [h for h in headers if h[0].lower() not in replaced] + list(more)

    def handshake(self, target=None, method='GET', stream=None, **how):
        """Asks for an upgrade, on a @stream that there is or on a new one."""
        stream = stream or self.dial()
        stream.send(wire.request(method, target or f'/{self.stage}',
                                 self.headers(**how)))
        return stream, stream.read_answer()

    def connect(self, target=None, small=False, context=None, **how):
        stream = self.dial(small=small, context=context)
        stream, answer = self.handshake(target, stream=stream, **how)
        if answer.status != 101:
            raise AssertionError(f'not let in: {answer!r}')
        client = wire.Client(stream.socket, answer)
        client.unread = stream.unread
        return client

    def refusal(self, target=None, **how):
        """The answer to an upgrade that fails; the stream is closed."""
        stream, answer = self.handshake(target, **how)
        stream.close()
        return answer

    def pair(self):
        """Two clients, on two workers if there are two, and their ids."""
        a, b = self.connect(), self.connect()
        return a, a.whoami(), b, b.whoami()

    # As a caller of the management API.

    def manage(self, method, connection, body=b'', target=None, headers=(),
               stream=None, signed=True, **how):
        if target is None:
            target = f'/{self.stage}/@connections/{connection}'
        host = f'{self.host}:{self.port}'
        fields = sigv4.sign(method, target, host, body, **how) if signed else [
            ('host', host)]
        if body or method == 'POST':
            fields.append(('content-length', str(len(body))))
        own = stream is None
        stream = stream or self.dial()
        stream.send(wire.request(method, target, fields + list(headers), body))
        answer = stream.read_answer()
        if own:
            stream.close()
        return answer
