"""Sections 4, 5 and 6: error frames, what the router does, order."""
import json
import threading

from rows import ID, check, equal, row, untestable
from wire import is_match

PAYLOAD = {'type': 'REQ', 'data': {'token': 't1', 'name': 'add', 'args': [2, 3]}}


def is_error(client, connection):
    """Whether the next message is the error frame, all of its 103 bytes."""
    text = client.read_text()
    check(is_match('{"message": "Internal server error", "connectionId":"' + connection +
                   '", "requestId":"' + ID + '"}', text), text)
    equal(len(text), 103)
    return text


def dumps(value):
    return json.dumps(value, separators=(',', ':'))


def nothing_more(a, a_id, b, b_id):
    """Whether neither has anything to read but what is sent from here on."""
    a.send_text(dumps({'to': b_id, 'payload': {'type': 'last'}}))
    equal(b.read_text(), '{"from":"' + a_id + '","payload":{"type":"last"}}')
    b.send_text(dumps({'to': a_id, 'payload': {'type': 'last'}}))
    equal(a.read_text(), '{"from":"' + b_id + '","payload":{"type":"last"}}')


def payload_as_sent(api, data):
    """What the receiver gets for a payload whose data is this text."""
    a, a_id, b, b_id = api.start().pair()
    a.send_text('{"to":"' + b_id + '","payload":{"type":"T","data":' + data + '}}')
    text = b.read_text()
    head, tail = '{"from":"' + a_id + '","payload":{"type":"T","data":', '}}'
    check(text.startswith(head) and text.endswith(tail), text)
    return text[len(head):-len(tail)]


# ---- 0 and 5.1: the router ----


@row('0-whoami', '5.1-whoami')
def whoami_is_told_the_bare_id(api):
    client = api.start().connect()
    check(is_match(ID, client.whoami()), 'the id')
    equal(len(client.frames), 1)
    client.send_text('whoami', piece=1)
    check(is_match(ID, client.read_text()), 'in six frames')


@row('5.1-not-whoami')
def what_looks_like_whoami_is_not(api):
    client = api.start().connect()
    connection = client.whoami()
    for text in ('"whoami"', 'whoami\n', ' whoami', 'WHOAMI', 'whoam', 'whoami\0', ''):
        client.send_text(text)
        is_error(client, connection)


@row('0-relayed', '5.1-success', '5-default-only')
def a_packet_is_relayed_and_its_sender_hears_nothing(api):
    a, a_id, b, b_id = api.start().pair()
    a.send_text(dumps({'to': b_id, 'payload': PAYLOAD}))
    equal(b.read_text(), dumps({'from': a_id, 'payload': PAYLOAD}))
    nothing_more(a, a_id, b, b_id)


@row('5.1-self')
def one_may_send_to_oneself(api):
    client = api.start().connect()
    connection = client.whoami()
    client.send_text(dumps({'to': connection, 'payload': PAYLOAD}))
    equal(client.read_text(), dumps({'from': connection, 'payload': PAYLOAD}))


@row('5.1-from')
def from_is_the_true_sender(api):
    a, a_id, b, b_id = api.start().pair()
    for forged in (b_id, '', 1, None, {}, []):
        a.send_text(dumps({'to': b_id, 'from': forged, 'payload': PAYLOAD}))
        equal(b.read_text(), dumps({'from': a_id, 'payload': PAYLOAD}))


@row('0-router-throws', '4-internal', '4-bytes', '5.1-schema', '5-not-json')
def what_the_router_throws_on_is_answered(api):
    daemon = api.start()
    a, a_id, b, b_id = daemon.pair()
    gone = daemon.connect()
    gone_id = gone.whoami()
    gone.send_frame(8)
    gone.has_ended()
    good = {'to': b_id, 'payload': PAYLOAD}
    bad = [
        '', 'hello', 'null', '1', '"x"', '[]', '{}', '{', dumps(good) + 'x', '\ufeff' + dumps(good),
        dumps([good]), dumps({'to': b_id}), dumps({'payload': PAYLOAD}),
        dumps({**good, 'more': 1}), dumps({**good, 'route': 'x'}),
        *[dumps({**good, 'to': to}) for to in
          ('', 1, None, [], {}, [b_id], 'x', b_id + 'x', b_id[:-1], gone_id, 'A' * 15 + '=')],
        *[dumps({**good, 'payload': payload}) for payload in
          (None, 1, 'x', [], {}, {'type': ''}, {'type': 1}, {'data': {}},
           *[{'type': 'T', 'data': data} for data in (None, 1, 'x', [])],
           {'type': 'T', 'more': 1})],
    ]
    for text in bad:
        a.send_text(text)
        is_error(a, a_id)
    nothing_more(a, a_id, b, b_id)


@row('4-stays-open', '4-request-id', '4-not-a-packet')
def an_error_frame_has_an_id_of_its_own(api):
    client = api.start().connect()
    connection = client.whoami()
    seen = set()
    for _ in range(50):
        client.send_text('?')
        frame = json.loads(is_error(client, connection))
        seen.add(frame['requestId'])
        check('payload' not in frame and 'from' not in frame, 'no packet')
    equal(len(seen), 50)
    equal(client.whoami(), connection)


untestable('0-router-slow', 'the router is built in and has nothing to wait for')
untestable('0-integration-slow', 'the same: there is no integration')
untestable('4-timed-out', 'the same: no integration can be slow')
untestable('4-forbidden', '$default takes every message, as in the original')
untestable('4-bad-request-body', 'the original has no model that a body could break')
untestable('4-status-code', 'the router returns no status; the original throws or succeeds')


@row('4-throttled', '9-request-rate', '9-token-cost', needs='request-rate')
def messages_and_calls_take_from_a_bucket_that_starts_full(api):
    daemon = api.start('--request-rate=0.001', '--request-burst=4')
    client = daemon.connect()
    answers = [client.whoami() for _ in range(6)]
    connection = answers[0]
    equal(answers[:4], [connection] * 4)
    for text in answers[4:]:
        check(is_match('{"message": "Too Many Requests", "connectionId":"' + connection +
                       '", "requestId":"' + ID + '"}', text), text)
    answer = daemon.manage('GET', connection)
    equal((answer.status, answer.headers['x-amzn-errortype']), (429, 'LimitExceededException'))


@row('5-selected-by-body', '5-route-connect')
def no_message_selects_a_route(api):
    a, a_id, b, b_id = api.start().pair()
    for route in ('$connect', '$disconnect', '$default', 'x', 1, None, ['a', 'b']):
        a.send_text(dumps({'route': route, 'to': b_id, 'payload': PAYLOAD}))
        is_error(a, a_id)
        a.send_text(dumps({'route': route}))
        is_error(a, a_id)
    nothing_more(a, a_id, b, b_id)


# ---- 5.1: what JSON.stringify would have changed ----


@row('5.1-envelope')
def the_packet_is_from_and_payload_and_no_blank(api):
    a, a_id, b, b_id = api.start().pair()
    a.send_text(' { "payload" : {"type":"T"} ,\n"to" : "' + b_id + '", "from":0 }\t')
    equal(b.read_text(), '{"from":"' + a_id + '","payload":{"type":"T"}}')


def verbatim(name, *texts):
    @row(name)
    def passed_on_byte_for_byte(api):
        for text in texts:
            equal(payload_as_sent(api, text), text)


verbatim('5.1-compact', '{ "a" : [ 1 ,\n2 ] }')
verbatim('5.1-integer-names', '{"b":1,"12":2,"0":3}')
verbatim('5.1-duplicates', '{"a":1,"b":2,"a":3}')
verbatim('5.1-numbers', '{"x":[1.0,-0,1e999,1E2,9007199254740993,0.1000]}')
verbatim('5.1-escapes', '{"x":"\\u00e9\\/\\u0041é"}')
verbatim('5.1-controls', '{"x":"\\u0008\\b\\u0001\\u007f"}')
verbatim('5.1-surrogates', '{"x":"\\ud800 \\udc00\\ud83d"}')


@row('5.1-schema-duplicates')
def the_last_of_a_name_counts(api):
    a, a_id, b, b_id = api.start().pair()
    a.send_text('{"to":1,"payload":{"type":"no"},"\\u0074o":"' + b_id +
                '","payload":{"type":1,"type":"T"}}')
    got = json.loads(b.read_text())
    equal(got, {'from': a_id, 'payload': {'type': 'T'}})


# ---- 6. order, slow receivers ----


@row('6-order', '6-invocations')
def packets_of_one_sender_arrive_in_order(api):
    daemon = api.start()
    receiver = daemon.connect()
    to = receiver.whoami()
    senders = [daemon.connect() for _ in range(4)]

    def send(sender):
        for i in range(300):
            sender.send_text(dumps({'to': to, 'payload': {'type': 'T', 'data': {'i': i}}}))
    threads = [threading.Thread(target=send, args=[sender]) for sender in senders]
    for thread in threads:
        thread.start()
    seen = {}
    for _ in range(300 * len(senders)):
        packet = json.loads(receiver.read_text())
        seen.setdefault(packet['from'], []).append(packet['payload']['data']['i'])
    for thread in threads:
        thread.join()
    equal(sorted(map(len, seen.values())), [300] * 4)
    for numbers in seen.values():
        equal(numbers, list(range(300)))


@row('6-slow-receiver', '6-accepted-not-read', '7-limit-exceeded')
def who_sends_to_the_deaf_is_told(api):
    daemon = api.start('--send-queue-limit=160K')
    sender, deaf = daemon.connect(), daemon.connect(small=True)
    sender_id, to = sender.whoami(), deaf.whoami()
    n_accepted = 0
    while (answer := daemon.manage('POST', to, b'x' * 100000)).status == 200:
        n_accepted += 1
    check(n_accepted > 0, 'accepted before it is read')
    equal(answer.status, 429)
    equal(answer.headers['x-amzn-errortype'], 'LimitExceededException')
    equal(answer.body, b'{"message":"Limit Exceeded"}')
    sender.send_text(dumps({'to': to, 'payload': {'type': 'T', 'data': {'x': 'x' * 100000}}}))
    is_error(sender, sender_id)
    for _ in range(n_accepted):
        equal(len(deaf.read_text()), 100000)
    equal(deaf.whoami(), to)
