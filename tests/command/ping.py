"""monologue ping and bench."""
import json

import harness
from harness import NOBODY


class Ping(harness.CommandTest):

    def test_answers_are_lines_of_json_and_a_summary(self):
        _, callee = self.listen('x')
        *answers, summary = self.json_lines('ping', callee, '-c3', '-i', '0.01')
        self.assertEqual([answer['seq'] for answer in answers], [1, 2, 3])
        self.assertTrue(all(answer['ms'] > 0 for answer in answers))
        self.assertEqual([summary[name] for name in
                          ('to', 'sent', 'answered', 'lossPercent')],
                         [callee, 3, 3, 0])
        self.assertLessEqual(summary['minMs'], summary['avgMs'])
        self.assertLessEqual(summary['avgMs'], summary['maxMs'])

    def test_without_an_id_it_pings_itself(self):
        *_, summary = self.json_lines('ping', '-c', '1')
        self.assertEqual(summary['answered'], 1)

    def test_people_read_what_ping_prints(self):
        _, callee = self.listen('x')
        terminal = self.terminal('ping', callee, '-c', '2', '-i', '0.01')
        terminal.expect(f'PING {callee}\r\n')
        terminal.expect(f'answer from {callee}: seq=1 time=[0-9.]+ ms\r\n')
        terminal.expect(f'--- {callee} ping statistics ---\r\n'
                        '2 pings sent, 2 answered, 0% loss, time [0-9]+ ms\r\n'
                        'rtt min/avg/max/mdev = [0-9.]+/[0-9.]+/[0-9.]+/[0-9.]+ ms\r\n$')
        self.assertEqual(terminal.end(), 0)

    def test_an_interrupt_ends_it_with_the_summary(self):
        ping = self.start('ping', '-i', '0.01')
        for _ in range(3):
            ping.stdout.readline()
        status, out, _ = self.interrupt(ping)
        self.assertEqual(status, 0)
        self.assertGreaterEqual(json.loads(out.splitlines()[-1])['answered'], 3)

    def test_a_method_that_is_not_there_is_an_answer_all_the_same(self):
        _, callee = self.listen('x')
        *_, summary = self.json_lines('ping', callee, '-c1', '--name', 'none')
        self.assertEqual(summary['answered'], 1)

    def test_a_dead_id_is_told(self):
        done = self.run_command('ping', NOBODY, '-c', '1', status=68)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])['answered'], 0)
        self.assertIn(NOBODY, done.stderr)

    def test_a_lost_server_ends_it_with_the_summary(self):
        ping = self.start('ping', '-i', '0.01')
        ping.stdout.readline()
        self.server.kill()
        out, err = ping.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(ping.returncode, 69)
        self.assertIn('sent', json.loads(out.splitlines()[-1]))
        self.assertIn(self.server.endpoint, err)

    def test_misuse(self):
        self.assertIn('not a connection id',
                      self.run_command('ping', 'x', status=64).stderr)
        self.assertIn('one connection id',
                      self.run_command('ping', NOBODY, 'x', status=64).stderr)


class Bench(harness.CommandTest):

    def test_so_many_calls_are_made(self):
        _, callee = self.listen('x')
        result, = self.json_lines('bench', callee, '-n', '100', '-c', '7', '-s',
                                  '1000')
        self.assertEqual([result[name] for name in
                          ('to', 'name', 'calls', 'failed', 'concurrency',
                           'bytes')],
                         [callee, 'ping', 100, 0, 7, 1000])
        latency = result['latencyMs']
        steps = [latency[name] for name in
                 ('min', 'p50', 'p90', 'p99', 'p999', 'max')]
        self.assertEqual(steps, sorted(steps))

    def test_a_name_is_called(self):
        _, callee = self.listen('shout', '--', 'true')
        result, = self.json_lines('bench', callee, 'shout', '-n', '5')
        self.assertEqual((result['name'], result['calls']), ('shout', 5))

    def test_one_failure_is_one(self):
        _, callee = self.listen('x')
        self.assertIn('1 call failed', self.run_command(
            'bench', callee, 'none', '-n', '1', status=67).stderr)

    def test_time_ends_it(self):
        result, = self.json_lines('bench', '-t', '0.05')
        self.assertGreater(result['calls'], 0)
        self.assertGreaterEqual(result['seconds'], 0.04)

    def test_more_than_can_be_queued_is_sent_all_the_same(self):
        self.server.end()
        self.server = harness.Server(self.folder, '--send-queue-limit=1G')
        self.addCleanup(self.server.end)
        _, callee = self.listen('x')
        result, = self.json_lines('bench', callee, '-n', '200', '-c', '200',
                                  '-s', '100000')
        self.assertEqual((result['calls'], result['failed']), (200, 0))

    def test_people_see_progress_and_a_summary(self):
        terminal = self.terminal('bench', '-t', '0.5')
        terminal.expect(r'\r[0-9.]+ s  [0-9]+ calls  [0-9]+ calls/s')
        terminal.expect('[0-9]+ calls of ping in [0-9.]+ s, 16 at once')
        terminal.expect('p99.9 [0-9.]+  max [0-9.]+ ms\r\n$')
        self.assertEqual(terminal.end(), 0)

    def test_an_interrupt_ends_it_with_the_summary(self):
        terminal = self.terminal('bench', '-t', '600')
        terminal.expect('calls/s')
        terminal.send('\x03')
        terminal.expect('calls of ping')
        self.assertEqual(terminal.end(), 0)

    def test_calls_that_fail_are_told(self):
        done = self.run_command('bench', NOBODY, '-n', '3', status=68)
        self.assertEqual(json.loads(done.stdout)['failed'], 3)
        self.assertIn('3 calls failed', done.stderr)

    def test_a_lost_server_ends_it_with_the_summary(self):
        terminal = self.terminal('bench', '-t', '600')
        terminal.expect('calls/s')
        self.server.kill()
        terminal.expect('calls of ping')
        self.assertEqual(terminal.end(), 69)


if __name__ == '__main__':
    harness.main()
