"""monologue whoami, call and listen: on terminals, and through the end."""
import json
import signal
import socket
import subprocess

import harness
from harness import ID, NOBODY


class Listen(harness.CommandTest):

    def test_people_see_calls_and_how_to_call(self):
        terminal = self.terminal('listen', 'log')
        callee = terminal.expect(f'^{ID}')[0]
        terminal.expect(f'monologue call {callee} log')
        self.run_command('call', callee, 'log', '{"a": [1, "b\x1b[2Jc"]}')
        terminal.expect(r'\d\d:\d\d:\d\d\.\d{3}')
        terminal.expect(ID)
        self.assertNotIn('\x1b[2J', terminal.seen)
        terminal.expect('log')
        terminal.expect(r'\\u001B\[2Jc')
        terminal.send('\x03')
        self.assertEqual(terminal.end(), 0)

    def test_json_is_json_on_a_terminal_too(self):
        terminal = self.terminal('listen', 'log', '--json', '--color=never')
        callee = json.loads(terminal.expect('.*\n')[0])['connectionId']
        self.run_command('call', callee, 'log', '7')
        self.assertEqual(json.loads(terminal.expect('.*\n')[0])['args'], [7])
        terminal.send('\x03')
        self.assertEqual(terminal.end(), 0)

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        process, callee = self.listen('log')
        process.stdout.close()
        self.run_command('call', callee, 'log')
        self.assertEqual(process.wait(harness.PATIENCE_S), 74)
        self.assertEqual(process.stderr.read(), '')

    def test_a_lost_server_is_told(self):
        process, _ = self.listen('log')
        self.server.kill()
        self.assertEqual(process.wait(harness.PATIENCE_S), 69)
        said = process.stderr.read()
        self.assertIn(self.server.endpoint, said)
        self.assertEqual(len(said.splitlines()), 1)

    def test_it_connects_again_if_that_is_wished(self):
        process, callee = self.listen('five', '--reconnect', '--', 'echo', '5')
        endpoint = self.server.endpoint
        self.server.kill()
        self.assertIn('trying again', process.stderr.readline())
        self.server.end()
        address = endpoint.removesuffix('/latest')
        self.server = harness.Server(self.folder, f'--listen={address}')
        self.addCleanup(self.server.end)
        again = process.stdout.readline().strip()
        self.assertRegex(again, f'^{ID}$')
        self.assertNotEqual(again, callee)
        self.assertEqual(self.run_command('call', again, 'five').stdout, '5\n')
        self.assertEqual(self.interrupt(process)[0], 0)

    def test_it_may_begin_before_the_server_does(self):
        address = self.server.endpoint
        self.server.end()
        process = self.start('listen', 'x', '--reconnect')
        self.assertIn('refused', process.stderr.readline())
        self.server = harness.Server(
            self.folder, f"--listen={address.removesuffix('/latest')}")
        self.addCleanup(self.server.end)
        self.assertRegex(process.stdout.readline(), ID)

    def test_a_refused_key_ends_it_all_the_same(self):
        done = self.run_command('listen', 'x', '--reconnect', '--api-key', 'no',
                                status=77)
        self.assertIn('--api-key', done.stderr)

    def test_an_interrupt_while_connecting_ends_it(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            port = silent.getsockname()[1]
            process = self.start('listen', 'x', '--endpoint',
                                 f'ws://127.0.0.1:{port}/')
            with silent.accept()[0]:
                self.assertEqual(self.interrupt(process)[0], 0)


class Call(harness.CommandTest):

    def test_people_get_layout_and_colours(self):
        _, callee = self.listen('echo', '--', 'cat')
        terminal = self.terminal('call', callee, 'echo', '{"a":1}', 'b',
                                 '[1.10,null,true]')
        terminal.expect('\x1b')
        self.assertEqual(terminal.end(), 0)
        plain = self.terminal('call', callee, 'echo', '{"a":1}', 'b', '[1.10]',
                              environment=self.environment(NO_COLOR='1'))
        plain.expect(r'^\[\{"a": 1\}, "b", \[1.1\]\]\r\n$')
        self.assertEqual(plain.end(), 0)
        long = self.terminal('call', callee, 'echo', '--color=never',
                             json.dumps({'a': ['word'] * 20, 'b': {}}))
        long.expect(r'^\[\r\n  \{\r\n    "a": \[\r\n      "word",\r\n')
        long.expect(r'"b": \{\}\r\n  \}\r\n\]\r\n')
        self.assertEqual(long.end(), 0)

    def test_colours_are_for_terminals_or_where_wished(self):
        _, callee = self.listen('echo', '--', 'cat')
        call = 'call', callee, 'echo', '1'
        self.assertEqual(self.run_command(*call).stdout, '[1]\n')
        self.assertIn('\x1b[', self.run_command(*call, '--color=always').stdout)
        terminal = self.terminal(*call, environment=self.environment(TERM='dumb'))
        terminal.expect(r'^\[1\]\r\n$')

    def test_standard_input_may_be_an_argument(self):
        _, callee = self.listen('echo', '--', 'cat')
        self.assertEqual(
            self.run_command('call', callee, 'echo', '-', text='[1]\n').stdout,
            '[[1]]\n')

    def test_failures_tell_who_and_why(self):
        _, callee = self.listen('fail', '--', 'false')
        for args, status, words in (
                ((NOBODY, 'x'), 68, 'no open connection has that id'),
                ((callee, 'x'), 67, 'nobody handles that name'),
                ((callee, 'fail'), 70, 'gave no answer')):
            done = self.run_command('call', *args, status=status)
            self.assertIn(words, done.stderr)
            self.assertIn(args[0], done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_a_spent_quota_is_told_from_a_busy_server(self):
        keys = f'{self.folder}/keys'
        with open(keys, 'w', encoding='utf-8') as file:
            file.write('few = few plan=few\nslow = slow plan=slow\n'
                       '[plan few]\nquota = 1/month\n'
                       '[plan slow]\nrate = 0.001\n')
        server = harness.Server(self.folder, f'--keys-file={keys}')
        self.addCleanup(server.end)
        for key, words in ('few', 'quota'), ('slow', 'is busy'):
            args = ('whoami', '--api-key', key, '--endpoint', server.endpoint)
            self.run_command(*args)
            self.assertIn(words, self.run_command(*args, status=75).stderr)

    def test_wrong_arguments_are_told(self):
        for args, status, words in (
                (('call', NOBODY, ''), 64, '"" is not a name'),
                (('listen', ''), 64, '"" is not a name'),
                (('bench', NOBODY, ''), 64, '"" is not a name'),
                (('ping', '-n', ''), 64, '"" is not a name'),
                (('call', NOBODY, 'x', 'fine', b'\xff'), 65, 'argument 2 is not UTF-8'),
                (('call', NOBODY, 'x', 'a' * 131000), 65, '131072 bytes'),
                (('whoami', '-c', '1'), 64, 'no option -c'),
                (('whoami', '--timeout', '1e9'), 64, '864000')):
            done = self.run_command(*args, status=status)
            self.assertIn(words, done.stderr)

    def test_an_interrupt_ends_it_as_any_program(self):
        _, callee = self.listen('slow', '--', 'sleep', '600')
        call = self.start('call', callee, 'slow')
        self.assertEqual(self.interrupt(call)[0], -signal.SIGINT)

    def test_descriptors_that_are_closed_do_no_harm(self):
        for closed, status in ('>&-', 74), ('<&-', 0), ('2>&-', 0):
            done = subprocess.run(
                ['/bin/sh', '-c', f'exec "$0" whoami {closed}',
                 harness.MONOLOGUE], env=self.environment(), text=True,
                capture_output=True, check=False)
            self.assertEqual(done.returncode, status, done.stderr)
        done = subprocess.run(['/bin/sh', '-c', 'exec "$0" whoami >&-',
                               harness.MONOLOGUE], env=self.environment(),
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertIn('standard output: Bad file descriptor', done.stderr)

    def test_a_full_disk_is_told(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([harness.MONOLOGUE, 'whoami'], stdout=full,
                                  stderr=subprocess.PIPE, text=True,
                                  env=self.environment(), check=False)
        self.assertEqual(done.returncode, 74)
        self.assertIn('No space left', done.stderr)


class Arguments(harness.CommandTest):

    def test_every_verb_explains_itself(self):
        verbs = self.run_command('--help').stdout
        for verb in 'whoami', 'call', 'listen', 'repl', 'ping', 'bench', 'top':
            self.assertIn(f'\n  {verb}', verbs)
            text = self.run_command('help', verb).stdout
            self.assertEqual(text, self.run_command(verb, '--help').stdout)
            self.assertIn(f'Usage: monologue {verb} ', text)
            self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_the_first_steps_say_what_is_missing(self):
        environment = harness.clean_environment(self.folder)
        done = subprocess.run([harness.MONOLOGUE, 'whoami'], env=environment,
                              cwd=self.folder, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 78)
        for word in 'MONOLOGUE_ENDPOINT', '.monologuerc', '--endpoint':
            self.assertIn(word, done.stderr)
        self.assertIn('is a server running there',
                      self.run_command('whoami', '--endpoint',
                                       'ws://127.0.0.1:1/', status=69).stderr)
        self.assertIn('--api-key', self.run_command(
            'whoami', '--api-key', 'wrong', status=77).stderr)


if __name__ == '__main__':
    harness.main()
