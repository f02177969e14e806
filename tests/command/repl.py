"""monologue repl: by people, on a terminal, and by scripts, in a pipe."""
import json
import os
import signal
import subprocess

import harness
from harness import ID, NOBODY


class Scripted(harness.CommandTest):

    def script(self, *lines, status=0, **more):
        """Returns the lines of output, and what was said on standard error."""
        done = self.run_command('repl', text='\n'.join(lines), status=status,
                                **more)
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def test_it_connects_and_calls_what_it_listens_to(self):
        _, callee = self.listen('echo', '--', 'cat')
        (connected, returned), _ = self.script(
            '# a comment, and an empty line',
            '', 'whoami', f'call {callee} echo 1 two "three four" {{"a": [5]}} \'6 7\'')
        self.assertRegex(connected['connectionId'], ID)
        self.assertEqual(returned, [1, 'two', 'three four', {'a': [5]}, '6 7'])

    def test_it_answers_while_it_waits(self):
        repl = self.start('repl', stdin=subprocess.PIPE)
        self.addCleanup(repl.stdin.close)
        repl.stdin.write('whoami\nlisten five 5\nlisten shout -- tr a-z A-Z\n'
                         'listen null\n')
        repl.stdin.flush()
        callee = json.loads(repl.stdout.readline())['connectionId']
        for name, ret in ('five', 5), ('shout', ['X']), ('null', None):
            self.assertEqual(
                json.loads(self.run_command('call', callee, name, 'x').stdout),
                ret)
            heard = json.loads(repl.stdout.readline())
            self.assertEqual((heard['name'], heard['args']), (name, ['x']))
        repl.stdin.write('unlisten five\nlisten shout "new"\nping\n')
        repl.stdin.flush()
        self.assertGreater(json.loads(repl.stdout.readline())['ms'], 0)
        self.run_command('call', callee, 'five', status=67)
        self.assertEqual(self.run_command('call', callee, 'shout').stdout,
                         '"new"\n')
        repl.stdin.close()
        self.assertEqual(repl.wait(harness.PATIENCE_S), 0)

    def test_packets_are_shown_as_they_pass(self):
        lines, _ = self.script('packets on', 'ping', 'packets off', 'ping')
        self.assertEqual([next(iter(line)) for line in lines],
                         ['sent', 'received', 'sent', 'received', 'to', 'to'])
        asked, heard, answered, got = (line.get('sent') or line['received']
                                       for line in lines[:4])
        self.assertEqual(asked['payload'], heard['payload'])
        self.assertEqual(heard['payload']['data']['name'], 'ping')
        self.assertEqual(answered['payload'], got['payload'])
        self.assertEqual(got['payload']['type'], 'ACK')

    def test_all_packets_are_shown_where_that_is_wished(self):
        done = self.run_command('repl', '--packets', text='')
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual(first, {'sent': 'whoami'})
        self.assertRegex(second['received'], ID)

    def test_help_fits_a_terminal(self):
        text = self.run_command('repl', text='help\n').stdout
        self.assertIn('listen NAME', text)
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_the_status_is_that_of_the_first_failure(self):
        lines, said = self.script(
            'cal x', 'call', f'call {NOBODY} {{', 'call short x', 'whoami',
            'packets maybe', 'unlisten x', 'wait -1', 'listen x --',
            'listen x 1 2', status=64)
        self.assertEqual(len(lines), 1)
        self.assertEqual(said.splitlines(), [
            'monologue: there is no verb "cal": did you mean call?',
            'monologue: the form is: call ID NAME [ARGUMENT]...',
            'monologue: a bracket is not closed',
            'monologue: "short" is not a connection id; Tab offers those seen',
            'monologue: packets maybe: say on or off',
            'monologue: nobody listens to "x" here',
            'monologue: wait -1: give a number of seconds',
            'monologue: listen x --: a command is missing',
            'monologue: listen x: give one value, or -- and a command'])
        self.script('whoami', f'call {NOBODY} "', 'cal', status=65)

    def test_a_call_to_nobody_is_told(self):
        _, said = self.script(f'call {NOBODY} x', status=68)
        self.assertIn('no open connection has that id', said)

    def test_it_goes_on_without_a_server(self):
        _, said = self.script('disconnect', 'whoami', 'ping', 'connect', 'whoami',
                              status=69)
        self.assertEqual(said.count('not connected: see connect'), 2)
        _, said = self.script('whoami', 'connect ftp://x', 'ping',
                              f'connect {self.server.endpoint}', 'ping',
                              MONOLOGUE_ENDPOINT='ws://127.0.0.1:1/x', status=69)
        self.assertIn('ftp://x', said)

    def test_a_server_that_is_not_there_is_a_failure(self):
        self.script(status=69, MONOLOGUE_ENDPOINT='ws://127.0.0.1:1/x')
        lines, said = self.script(f'connect {self.server.endpoint}',
                                  MONOLOGUE_ENDPOINT='')
        self.assertIn('no endpoint', said)
        self.assertEqual(len(lines), 1)

    def test_a_lost_connection_is_told_and_can_be_made_anew(self):
        repl = self.start('repl', stdin=subprocess.PIPE)
        self.addCleanup(repl.stdin.close)
        repl.stdin.write('listen x 7\nwhoami\n')
        repl.stdin.flush()
        repl.stdout.readline()
        self.server.kill()
        self.assertIn('disconnected', repl.stderr.readline())
        self.server.end()
        self.server = harness.Server(self.folder)
        self.addCleanup(self.server.end)
        repl.stdin.write(f'connect {self.server.endpoint}\n')
        repl.stdin.flush()
        callee = json.loads(repl.stdout.readline())['connectionId']
        self.assertEqual(self.run_command('call', callee, 'x').stdout, '7\n')

    def test_input_may_be_a_file(self):
        path = os.path.join(self.folder, 'script')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('whoami\nwait 0.01\nwhoami')
        with open(path, encoding='utf-8') as file:
            done = subprocess.run([harness.MONOLOGUE, 'repl'], stdin=file,
                                  env=self.environment(), text=True,
                                  capture_output=True, check=True)
        self.assertEqual(len(done.stdout.splitlines()), 2)

    def test_an_interrupt_ends_a_script(self):
        repl = self.start('repl', stdin=subprocess.PIPE)
        self.addCleanup(repl.stdin.close)
        repl.stdin.write('whoami\nwait\nwhoami\n')
        repl.stdin.flush()
        repl.stdout.readline()
        repl.send_signal(signal.SIGINT)
        self.assertEqual(repl.wait(harness.PATIENCE_S), 0)
        self.assertEqual(repl.stdout.read(), '')

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        repl = self.start('repl', stdin=subprocess.PIPE)
        self.addCleanup(repl.stdin.close)
        repl.stdout.close()
        repl.stdin.write('whoami\nwait\n')
        repl.stdin.flush()
        self.assertEqual(repl.wait(harness.PATIENCE_S), 74)
        self.assertEqual(repl.stderr.read(), '')


class Typed(harness.CommandTest):

    def open(self, **more):
        terminal = self.terminal('repl', '--color=never', **more)
        self.id = terminal.expect(ID)[0]
        terminal.expect('monologue> ')
        return terminal

    def test_tab_completes_verbs_ids_and_names(self):
        terminal = self.open()
        terminal.send(f'call {self.id[:4]}\t')  # the first thing of all
        terminal.expect(self.id[4:])
        terminal.send('\x15')
        terminal.send('lis\tshout "A"\n')
        terminal.expect('monologue> ')
        terminal.send(f'call {self.id[:4]}\tsh\t1\n')
        terminal.expect(r'\d\d:\d\d:\d\d\.\d{3} ' + self.id +
                        r' shout \[1\]\r\n"A"\r\n')
        terminal.expect('monologue> ')
        terminal.send('un\tsh\t\n')
        terminal.expect('monologue> ')
        terminal.send('listen \t')  # two names are known by now
        terminal.expect('shout')
        terminal.send('\x15quit\n')
        self.assertEqual(terminal.end(), 0)

    def test_several_candidates_are_listed(self):
        terminal = self.open()
        terminal.send('w\t')
        terminal.expect('whoami  wait\r\n.*monologue> ')
        terminal.send('h\t\n')
        terminal.expect(self.id)
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)

    def test_calls_are_shown_above_the_line_that_is_typed(self):
        terminal = self.open()
        terminal.send('listen log\n')
        terminal.expect('monologue> ')
        terminal.send('ping # typed')
        terminal.expect('typed')
        self.run_command('call', self.id, 'log', 'hello')
        terminal.expect(r'log \["hello"\]\r\n')
        terminal.expect('monologue> ping # typed')
        terminal.send('\n')
        terminal.expect('answer from .*: time=[0-9.]+ ms\r\n')
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)

    def test_an_interrupt_drops_the_line_or_the_wait(self):
        terminal = self.open()
        terminal.send('quit')
        terminal.expect('quit')
        terminal.send('\x03')
        terminal.expect(r'\^C\r\n')
        terminal.expect('monologue> ')
        terminal.send('listen slow -- sleep 600\n')
        terminal.expect('monologue> ')
        terminal.send(f'call {self.id} slow\n')
        terminal.expect(r'slow \[\]\r\n')
        terminal.send('\x03')
        terminal.expect('not waited for any longer')
        terminal.expect('monologue> ')
        terminal.send('wait\n')
        terminal.expect('wait\r\n')
        terminal.send('\x03')
        terminal.expect('monologue> ')
        terminal.send('whoami\n')
        terminal.expect(self.id)
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)

    def test_history_is_kept_for_its_owner(self):
        terminal = self.open()
        terminal.send('wait 0.001\n')
        terminal.expect('monologue> ')
        terminal.send(' whoami\n')
        terminal.expect(self.id)
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)
        path = f'{self.folder}/state/monologue/history'
        self.assertEqual(os.stat(path).st_mode & 0o077, 0)
        terminal = self.open()
        terminal.send('\x1b[A')  # up
        terminal.expect('wait 0.001')
        terminal.send('\n')
        terminal.expect('monologue> ')
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)

    def test_the_prompt_says_when_there_is_no_server(self):
        terminal = self.open()
        self.server.kill()
        terminal.expect('disconnected: ')
        terminal.send('\n')
        terminal.expect(r'\(offline\)> ')
        terminal.send('connect\n')
        terminal.expect('refused|reset')
        terminal.expect(r'\(offline\)> ')
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)

    def test_what_is_typed_ahead_is_not_lost(self):
        terminal = self.open()
        terminal.send('wait 0.3\n')
        terminal.expect('wait 0.3\r\n')
        terminal.send('whoami\n\x04')
        terminal.expect(self.id)
        self.assertEqual(terminal.end(), 0)

    def test_it_may_be_suspended(self):
        shell = harness.Terminal(['/bin/bash', '--norc', '--noediting', '-i'],
                                 {**self.environment(), 'PS1': 'shell> '})
        self.addCleanup(shell.kill)
        shell.expect('shell> ')
        shell.send(f'{harness.MONOLOGUE} repl --color=never\n')
        shell.expect('monologue> ')
        shell.send('half')
        shell.expect('half')
        shell.send('\x1a')
        shell.expect('Stopped')
        shell.expect('shell> ')
        shell.send('fg\n')
        shell.expect('monologue> half')
        shell.send('\x15whoami\n')
        shell.expect(ID)
        shell.send('\x04')
        shell.expect('shell> ')
        shell.send('exit\n')
        self.assertEqual(shell.end(), 0)

    def test_the_terminal_is_left_as_it_was(self):
        terminal = self.open()
        terminal.send('\x04')
        self.assertEqual(terminal.end(), 0)
        shell = harness.Terminal(
            ['/bin/sh', '-c', 'cd "$HOME"; stty -a >before; '
             '$MONOLOGUE_COMMAND repl; stty -a >after; '
             'diff before after && echo same'],
            {**self.environment(), 'MONOLOGUE_COMMAND': harness.MONOLOGUE})
        self.addCleanup(shell.kill)
        shell.expect('monologue> ')
        shell.send('\x04')
        shell.expect('same')
        self.assertEqual(shell.end(), 0)


if __name__ == '__main__':
    harness.main()
