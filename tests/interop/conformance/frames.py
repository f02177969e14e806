"""Section 3: sizes, close codes, pings, idle connections."""
import json
import os
import struct
import subprocess

import wire
from rows import check, equal, row, untestable
from wire import BINARY, CLOSE, PING, PONG, TEXT

FRAME_MOST = 32768
MESSAGE_MOST = 131072
GOING_AWAY = (1001, 'Going away')


def packet(to, size):
    """One that is relayed with @size bytes."""
    empty = len('{"from":"0123456789abcde=","payload":{"type":"T","data":{"x":""}}}')
    return json.dumps({'to': to, 'payload': {'type': 'T', 'data': {'x': 'x' * (size - empty)}}},
                      separators=(',', ':'))


def is_ended(client, code, reason):
    """By a fault: the server does not wait for our close frame."""
    equal(client.read_close(), (code, reason))
    check(client.has_ended(), 'the stream ends')


# ---- 3.1 sizes ----


@row('3.1-limits')
def the_longest_frames_and_messages_pass(api):
    daemon = api.start()
    a, a_id, b, b_id = daemon.pair()
    for size in (FRAME_MOST, MESSAGE_MOST):
        a.send_text(packet(b_id, size))
        equal(len(b.read_text()), size)


@row('0-long-frame', '3.1-frame', '3.1-frame-reason', '3.2-too-large')
def a_longer_frame_is_closed_with_1009(api):
    client = api.start().connect()
    client.send_text('x' * (FRAME_MOST + 1), piece=FRAME_MOST + 1)
    is_ended(client, 1009, 'Max frame length of 32768 has been exceeded.')


@row('0-long-message', '3.1-message', '3.1-message-reason')
def a_longer_message_is_closed_with_1009(api):
    client = api.start().connect()
    client.send_text('x' * (MESSAGE_MOST + 1))
    is_ended(client, 1009, 'content length exceeded 131072 bytes.')


@row('3.1-header-only')
def the_header_of_a_long_frame_is_enough(api):
    daemon = api.start()
    for size in (FRAME_MOST + 1, 1 << 32, (1 << 63) - 1):
        client = daemon.connect()
        client.send_frame(TEXT, size=size)
        is_ended(client, 1009, 'Max frame length of 32768 has been exceeded.')


@row('3.1-post-limit', '7-too-large')
def a_longer_post_is_refused_and_the_connection_lives(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    equal(daemon.manage('POST', connection, b'x' * MESSAGE_MOST).status, 200)
    equal(len(client.read_text()), MESSAGE_MOST)
    answer = daemon.manage('POST', connection, b'x' * (MESSAGE_MOST + 1))
    equal((answer.status, answer.headers['x-amzn-errortype']), (413, 'PayloadTooLargeException'))
    check(json.loads(answer.body)['message'], 'a message')
    equal(client.whoami(), connection)


@row('3.1-post-frames')
def a_long_post_comes_in_frames_of_32_kib(api):
    daemon = api.start()
    client = daemon.connect()
    equal(daemon.manage('POST', client.whoami(), b'x' * (FRAME_MOST + 1)).status, 200)
    client.read_text()
    equal([len(frame.payload) for frame in client.frames], [FRAME_MOST, 1])


@row('3.1-rewritten-size')
def the_limit_holds_for_what_is_sent_on(api):
    a, a_id, b, b_id = api.start().pair()
    for more in (2, 1):
        text = packet(b_id, MESSAGE_MOST + more)
        check(len(text) <= MESSAGE_MOST, 'fits on its way in')
        a.send_text(text)
        check('Internal server error' in a.read_text(), 'refused')
    a.send_text(packet(b_id, MESSAGE_MOST))
    equal(len(b.read_text()), MESSAGE_MOST)


# ---- 3.2 close codes ----


@row('0-idle', '3.2-idle', '3.4-idle', '9-idle')
def who_is_idle_is_sent_away(api):
    daemon = api.start('--idle-timeout=1s')
    talker, hearer, quiet = daemon.connect(), daemon.connect(), daemon.connect()
    ids = talker.whoami(), hearer.whoami(), quiet.whoami()
    quiet.socket.setblocking(False)
    while True:
        talker.send_text(json.dumps({'to': ids[1], 'payload': {'type': 'T'}}))
        hearer.read_text()
        try:
            quiet.unread += quiet.socket.recv(100)
            break
        except BlockingIOError:
            pass
    quiet.socket.settimeout(wire.PATIENCE_S)
    equal(quiet.read_close(), GOING_AWAY)
    quiet.send_frame(CLOSE, wire.close_payload(1001))
    check(quiet.has_ended(), 'the stream ends')
    equal((talker.whoami(), hearer.whoami()), ids[:2])


@row('0-session-limit', '3.2-session-limit', '9-session-limit')
def nobody_stays_for_ever(api):
    client = api.start('--session-limit=300ms').connect()
    client.whoami()
    equal(client.read_close(), GOING_AWAY)


@row('0-own-close', '3.2-client-empty', '3.2-tab-closed', '3.2-client-code')
def a_close_is_echoed(api):
    daemon = api.start()
    for payload in (b'', wire.close_payload(1001), wire.close_payload(1000, 'bye'),
                    wire.close_payload(4999, 'é' * 61)):
        client = daemon.connect()
        client.send_frame(CLOSE, payload)
        equal(client.read_frame(), wire.Frame(0x80 | CLOSE, False, payload))
        check(client.has_ended(), 'the stream ends')


@row('3.2-disconnect-event', '3.2-lost')
def the_log_tells_who_left_and_how(api):
    daemon = api.start()
    left, lost = daemon.connect(), daemon.connect()
    ids = left.whoami(), lost.whoami()
    left.send_frame(CLOSE)
    left.has_ended()
    lost.socket.setsockopt(wire.socket.SOL_SOCKET, wire.socket.SO_LINGER,
                           struct.pack('ii', 1, 0))
    lost.close()
    while daemon.manage('GET', ids[1]).status != 410:
        pass
    expected = [f'connection={ids[0]} closed reason=client code=1005',
                f'connection={ids[1]} closed reason=error code=1006']
    daemon.process.terminate()
    daemon.process.wait(wire.PATIENCE_S)
    for line in expected:
        check(line in daemon.log(), f'{line} in {daemon.log()}')


@row('3.2-protocol-errors', '3.2-sentences')
def what_is_no_websocket_is_closed_with_1002(api):
    daemon = api.start()
    after_text = wire.frame(TEXT, b'a', fin=False)
    for data, reason in (
            (wire.frame(TEXT, b'a', rsv=4), 'RSV != 0 and no extension negotiated, RSV:4'),
            (wire.frame(TEXT, b'a', rsv=1), 'RSV != 0 and no extension negotiated, RSV:1'),
            (wire.frame(TEXT, b'a', mask=False),
             'received a frame that is not masked as expected'),
            (wire.frame(PING, fin=False), 'fragmented control frame'),
            (wire.frame(PING, b'x' * 126), 'control frame with payload length > 125 octets'),
            (wire.frame(11), 'control frame using reserved opcode 11'),
            (wire.frame(3), 'data frame using reserved opcode 3'),
            (wire.frame(0, b'a'),
             'received continuation data frame outside fragmented message'),
            (after_text + wire.frame(TEXT, b'b'),
             'received non-continuation data frame while inside fragmented message'),
            (b'\x81\xfe\x00\x01' + os.urandom(5),
             'invalid data frame length (not using minimal length encoding)'),
            (wire.frame(CLOSE, b'\x03'), 'received close control frame with payload len 1')):
        client = daemon.connect()
        client.send(data)
        is_ended(client, 1002, reason)


@row('3.2-not-utf8')
def text_that_is_not_utf_8_is_closed_with_1007(api):
    daemon = api.start()
    for data in (b'\xff', b'\xc0\x80', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'a\xc3'):
        client = daemon.connect()
        client.send_frame(TEXT, data)
        is_ended(client, 1007, 'bytes are not UTF-8')


untestable('3.2-no-choice', 'that an owner cannot choose code or reason: there is no setting')

# ---- 3.3 binary ----


@row('0-binary', '3.2-binary', '3.3-incoming')
def binary_is_closed_with_1003(api):
    client = api.start().connect()
    client.send_frame(BINARY, b'whoami')
    is_ended(client, 1003, 'Invalid message type')


@row('3.3-outgoing', '3.3-type-ignored')
def a_post_of_any_type_is_text(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    for kind in ('application/octet-stream', 'binary/octet-stream', 'image/png', 'text/plain'):
        answer = daemon.manage('POST', connection, 'é'.encode(), headers=[('Content-Type', kind)])
        equal(answer.status, 200)
        equal(client.read_text(), 'é')
    equal(daemon.manage('POST', connection, b'\xff').status, 400, 'not UTF-8')


# ---- 3.4 pings and patience ----


@row('0-ping', '3.4-pong')
def a_ping_is_answered(api):
    client = api.start().connect()
    for payload in (b'', b'a', bytes(125)):
        client.send_frame(PING, payload)
        equal(client.read_frame(), wire.Frame(0x80 | PONG, False, payload))
    client.send_frame(TEXT, b'who', fin=False)
    client.send_frame(PING, b'between')
    client.send_frame(0, b'ami')
    equal(client.read_frame().payload, b'between')
    client.read_text()


@row('3.4-no-pings')
def the_server_sends_no_pings(api):
    client = api.start('--idle-timeout=1s').connect()
    equal(client.read_close(), GOING_AWAY, 'the first frame')


@row('3.4-ping-no-message')
def pings_do_not_count_as_messages(api):
    client = api.start('--idle-timeout=500ms').connect()
    while True:
        client.send_frame(PING)
        answer = client.read_frame()
        if answer.first != 0x80 | PONG:
            break
    equal(answer, wire.Frame(0x80 | CLOSE, False, wire.close_payload(*GOING_AWAY)))


@row('3.4-coarse', '3.4-not-raisable')
def the_defaults_are_those_of_aws(api):
    text = subprocess.run([api.program, '--print-config'], check=True, text=True,
                          capture_output=True).stdout
    for line in ('idle_timeout = 10m', 'session_limit = 2h', 'frame_limit = 32K',
                 'message_limit = 128K'):
        check(line in text, f'{line} in {text}')
