"""Sections 9 and 10: limits, metrics, what is logged."""
import json
import subprocess
import urllib.request

from frames import MESSAGE_MOST, packet
from rows import check, equal, row, untestable


@row('9-connect-rate')
def a_bucket_fills_again(api):
    daemon = api.start('--connect-rate=5', '--connect-burst=1')
    daemon.connect()
    equal(daemon.refusal().status, 429)
    while daemon.handshake()[1].status == 429:
        pass


@row('9-account-rates', needs='profile')
def the_rates_of_an_account_are_a_profile(api):
    text = subprocess.run([api.program, '--profile=aws', '--print-config'], check=True,
                          text=True, capture_output=True).stdout
    for line in ('connect_rate = 500', 'connect_burst = 500', 'request_rate = 10000',
                 'request_burst = 5000'):
        check(line in text.split('\n'), f'{line} in {text}')


@row('9-concurrent')
def there_is_no_quota_of_connections(api):
    daemon = api.start()
    clients = [daemon.connect() for _ in range(300)]
    equal(len({client.whoami() for client in clients}), 300)


@row('9-sizes')
def sizes_are_adjustable(api):
    daemon = api.start('--frame-limit=200', '--message-limit=1000')
    a, a_id, b, b_id = daemon.pair()
    a.send_text(packet(b_id, 1000), piece=200)
    equal(len(b.read_text()), 1000)
    equal({len(frame.payload) for frame in b.frames}, {200})
    a.send_text('x' * 201)
    equal(a.read_close()[0], 1009)
    check(MESSAGE_MOST > 1000, 'another than the default')


@row('9-keys')
def there_may_be_ten_thousand_keys(api):
    path = api.file('keys', '[keys]\n' + ''.join(f'k{i} = key-{i}\n' for i in range(10000)))
    daemon = api.start(f'--keys-file={path}')
    for i in (0, 5000, 9999):
        daemon.connect(key=f'key-{i}')


untestable('9-plans-per-key', 'a key has one plan, as there is one API with one stage')
untestable('9-integration-timeout', 'there is no integration')
untestable('9-routes', 'there are no routes, integrations or authorizers to count')
untestable('9-results', 'there are no authorizer results or mapping templates to measure')
untestable('9-per-route', 'there is one stage and one route: the rates are theirs')


@row('10-connect-count', '10-message-count', '10-client-error', '10-integration-error',
     '10-execution-error', needs='admin-listen')
def what_cloudwatch_counts_is_counted(api):
    daemon = api.start('--admin-listen=http://127.0.0.1:0')

    a, _, b, b_id = daemon.pair()
    a.send_text(packet(b_id, 100))
    b.read_text()
    a.send_text('?')
    a.read_text()
    daemon.refusal(key='wrong')
    with urllib.request.urlopen(f'{daemon.told["admin"]}/metrics', timeout=20) as answer:
        lines = answer.read().decode().split('\n')
    for line in ('monologued_connect_total 2',
                 'monologued_messages_total{direction="in"} 4',
                 'monologued_messages_total{direction="out"} 4',
                 'monologued_errors_total{kind="ClientError"} 1',
                 'monologued_errors_total{kind="IntegrationError"} 1',
                 'monologued_errors_total{kind="ExecutionError"} 0'):
        check(line in lines, line)


untestable('10-latency', 'there is no integration whose time could be taken')


@row('10-log')
def the_log_has_what_people_log(api):
    daemon = api.start('--log-format=json')
    client = daemon.connect()
    connection = client.whoami()
    refused = daemon.refusal(key='wrong')
    client.send_frame(8)
    client.has_ended()
    daemon.process.terminate()
    daemon.process.wait(20)
    lines = [json.loads(line) for line in daemon.log().splitlines()]
    opened, = [x for x in lines if 'opened' in json.dumps(x)]
    closed, = [x for x in lines if 'closed' in json.dumps(x) and x.get('connection')]
    equal((opened['connection'], closed['connection']), (connection, connection))
    check(opened['peer'].startswith('127.0.0.1:'), 'sourceIp')
    equal(closed['reason'], 'client')
    denied, = [x for x in lines if 'refused' in json.dumps(x)]
    equal(denied['request'], refused.headers['x-amzn-requestid'])
    equal(str(denied['status']), '403')
