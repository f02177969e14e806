"""monologue top: a server watched live."""
import json
import re
import signal
import threading
import http.server

import harness
from harness import NOBODY


def plain(screen):
    """A screen without its escape sequences."""
    return re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', screen)


class Top(harness.CommandTest):

    def use(self):
        """A call, a refusal, and a packet for nobody."""
        self.run_command('ping', '-c', '1')
        self.run_command('whoami', '--api-key', 'wrong', status=77)
        self.run_command('ping', NOBODY, '-c1', status=68)

    def test_each_interval_is_a_line_of_json(self):
        self.use()
        _, callee = self.listen('x')
        lines = self.json_lines('top', self.server.admin, '-n2', '-i', '0.1')
        self.assertEqual(len(lines), 2)
        for line in lines:
            self.assertEqual(line['connections'], 1)
            self.assertEqual(line['refusals'], {'403': 1})
            self.assertEqual(line['undelivered'], {'gone': 1})
            self.assertEqual(line['perSecond']['messagesIn'], 0)
            self.assertGreater(sum(key['messages']
                                   for key in line['keys'].values()), 0)
            self.assertRegex(line['time'], r'^\d{4}-\d\d-\d\dT[\d:]{8}Z$')

    def test_people_see_a_screen(self):
        self.use()
        terminal = self.terminal('top', self.server.admin, '-i', '0.1',
                                 '--color=never')
        terminal.expect(r'\x1b\[\?1049h')
        screen = ''
        for _ in range(3):  # rates are there from the second one on
            screen = plain(terminal.expect(r'(?s)\x1b\[H.*?\x1b\[J')[0])
        self.assertRegex(screen, 'monologued [0-9.]+  http://127.0.0.1:[0-9]+  '
                                 r'up 0 d 00:00:\d\d')
        self.assertRegex(screen, r'connections +0 open')
        self.assertRegex(screen, r'messages +0/s in +0/s out')
        self.assertRegex(screen, r'refusals +0/s +403: 1\r\n')
        self.assertRegex(screen, r'undelivered +0/s +gone: 1\r\n')
        self.assertRegex(screen, r'KEY +CONNECTS +MESSAGES +MESSAGES/S\r\n')
        terminal.send('q')
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.seen.endswith('\x1b[?25h\x1b[?1049l'))

    def test_a_small_terminal_is_never_overrun(self):
        terminal = self.terminal('top', self.server.admin, '-i', '0.1',
                                 rows=4, columns=20)
        terminal.expect(r'\x1b\[J')
        screen = plain(terminal.expect(r'(?s)\x1b\[H.*?\x1b\[J')[0])
        lines = screen.split('\r\n')
        self.assertLessEqual(len(lines), 4)
        self.assertLessEqual(max(map(len, lines)), 20)
        terminal.send('\x03')
        self.assertEqual(terminal.end(), 0)

    def test_a_server_that_comes_back_is_found(self):
        port = self.server.admin.rsplit(':', 1)[1]
        terminal = self.terminal('top', self.server.admin, '-i', '0.1')
        terminal.expect('open')
        self.server.kill()
        terminal.expect('not reachable: Connection refused; trying again')
        self.server.end()
        self.server = harness.Server(self.folder,
                                     f'--admin-listen=http://127.0.0.1:{port}')
        self.addCleanup(self.server.end)
        terminal.expect('q or Ctrl-C ends')
        terminal.send('q')
        self.assertEqual(terminal.end(), 0)

    def test_a_unix_socket_is_fine(self):
        self.server.end()
        path = f'unix:{self.folder}/admin'
        self.server = harness.Server(self.folder, f'--admin-listen={path}')
        self.addCleanup(self.server.end)
        line, = self.json_lines('top', path, '-n1', '-i', '0.05')
        self.assertEqual(line['connections'], 0)
        line, = self.json_lines('top', '-n1', '-i', '0.05',
                                MONOLOGUE_ADMIN=path)
        self.assertEqual(line['connections'], 0)

    def test_an_interrupt_ends_it(self):
        top = self.start('top', self.server.admin, '-i', '0.05')
        self.assertIn('connections', json.loads(top.stdout.readline()))
        self.assertEqual(self.interrupt(top, signal.SIGTERM)[0], 0)

    def test_what_is_no_monologued_is_told(self):
        done = self.run_command('top', 'http://127.0.0.1:1', status=69)
        self.assertIn('http://127.0.0.1:1: Connection refused', done.stderr)
        self.assertIn('admin_listen', done.stderr)
        # The other address of the daemon: HTTP, but no metrics.
        url = self.server.endpoint.replace('ws:', 'http:').replace('/latest', '')
        self.assertIn('status 403',
                      self.run_command('top', url, status=76).stderr)
        with http.server.HTTPServer(('127.0.0.1', 0), Other) as other:
            threading.Thread(target=other.serve_forever, daemon=True).start()
            url = f'http://127.0.0.1:{other.server_port}'
            done = self.run_command('top', url, status=76)
            other.shutdown()
        self.assertIn('not the metrics of a monologued', done.stderr)

    def test_misuse(self):
        for url in 'ftp://x', 'http://', 'http://h:99999999', 'http://h/x', 'unix:':
            self.assertIn('give http://HOST:PORT',
                          self.run_command('top', url, status=64).stderr)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        top = self.start('top', self.server.admin, '-i', '0.05')
        top.stdout.readline()
        top.stdout.close()
        _, err = top.stderr, top.stderr.read()
        self.assertEqual((top.wait(harness.PATIENCE_S), err), (74, ''))


class Other(http.server.BaseHTTPRequestHandler):
    """A server of another make."""

    def do_GET(self):  # pylint: disable=invalid-name
        self.send_response(200)
        self.send_header('Content-Length', '8')
        self.end_headers()
        self.wfile.write(b'up_now 1')

    def log_message(self, *_):
        """Says nothing."""


if __name__ == '__main__':
    harness.main()
