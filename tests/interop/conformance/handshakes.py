"""Section 2: addresses, upgrades, refusals."""
import json
import ssl
import subprocess

import wire
from daemon import WEBSOCKET_KEY
from rows import DATE, ID, UUID, check, equal, row, untestable
from wire import TEXT, is_match

FORBIDDEN = b'{"message":"Forbidden"}'


def is_refusal(answer, status, error, message):
    equal((answer.status, answer.headers.get('x-amzn-errortype')), (status, error))
    equal(answer.body, json.dumps({'message': message},
                                  separators=(',', ':')).encode())


# ---- 0. the summary ----


@row('0-upgrade', '2.2-bytes', '2.2-names')
def the_101_has_these_bytes(api):
    head = api.start().connect().answer.head.decode()
    pattern = (r'HTTP/1\.1 101 Switching Protocols\r\n'
               r'Date: ' + DATE + r'\r\n'
               r'Connection: upgrade\r\n'
               r'upgrade: websocket\r\n'
               r'sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n\r\n')
    check(is_match(pattern, head), head)
    equal(wire.accept_of(WEBSOCKET_KEY), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')


@row('0-key-refused', '2.3-no-key', '2.3-wrong-key')
def without_the_key_nobody_is_let_in(api):
    daemon = api.start()
    for key in (None, 'wrong', daemon.key + 'x', daemon.key[:-1], daemon.key.swapcase()):
        is_refusal(daemon.refusal(key=key), 403, 'ForbiddenException', 'Forbidden')
    daemon.connect()


@row('0-path-refused', '2.3-unknown-stage', '2.1-path-names-stage', '2.1-further-path')
def only_the_stage_is_a_path(api):
    daemon = api.start('--stage=dev')
    for target in ('/', '/latest', '/de', '/devs', '/DEV', '//dev', '/dev//', '/dev/x', '/dev/x/'):
        is_refusal(daemon.refusal(target), 403, 'ForbiddenException', 'Forbidden')
    daemon.connect('/dev')


@row('0-throttled', '2.3-throttled')
def who_comes_too_fast_gets_429(api):
    daemon = api.start('--connect-rate=0.001', '--connect-burst=2')
    daemon.connect(), daemon.connect()
    is_refusal(daemon.refusal(), 429, 'TooManyRequestsException', 'Too Many Requests')


# ---- 2.1 addresses ----


@row('2.1-tls')
def tls_is_1_2_or_1_3(api):
    daemon = api.start('--listen=wss://127.0.0.1:0', '--tls-self-signed',
                       '--tls-certificate=cert.pem', '--tls-key=key.pem')
    for version, name in ((ssl.TLSVersion.TLSv1_2, 'TLSv1.2'),
                          (ssl.TLSVersion.TLSv1_3, 'TLSv1.3')):
        client = daemon.connect(context=context_of(version))
        equal(client.socket.version(), name)
        check(is_match(ID, client.whoami()), 'whoami')
    try:
        daemon.connect(context=context_of(ssl.TLSVersion.TLSv1_1))
    except ssl.SSLError as error:
        equal(error.reason, 'TLSV1_ALERT_PROTOCOL_VERSION')
        return
    raise AssertionError('TLS 1.1 was let in')


def context_of(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers('DEFAULT:@SECLEVEL=0')
    context.minimum_version = context.maximum_version = version
    return context


@row('2.1-http11')
def http_2_is_not_spoken(api):
    daemon = api.start()
    stream = daemon.dial()
    stream.send(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    equal(stream.read_answer().status, 400)


@row('2.1-stage-names')
def stages_have_the_names_that_aws_allows(api):
    for name in ('a', 'A-b_9', 'x' * 128):
        daemon = api.start(f'--stage={name}')
        daemon.connect(f'/{name}')
    for name in ('', 'x' * 129, 'a/b', 'a.b', 'ä', '$default'):
        refused = subprocess.run([api.program, f'--stage={name}', '--check-config'],
                                 stderr=subprocess.DEVNULL, check=False)
        check(refused.returncode != 0, f'refused: {name}')


@row('2.1-url-length', '9-url-length')
def a_url_has_4096_characters(api):
    daemon = api.start()
    path = f'/{daemon.stage}?'
    daemon.connect(path + 'x' * (4096 - len(path)))
    equal(daemon.refusal(path + 'x' * (4097 - len(path))).status, 414)


@row('2.1-trailing-slash')
def a_slash_may_follow(api):
    daemon = api.start()
    daemon.connect(f'/{daemon.stage}/')


@row('2.1-query')
def a_query_is_ignored(api):
    daemon = api.start()
    client = daemon.connect(f'/{daemon.stage}?a=1&x-api-key=no&b=%00')
    check(is_match(ID, client.whoami()), 'whoami')


# ---- 2.2 upgrades ----


@row('2.2-deflate')
def compression_is_declined(api):
    daemon = api.start()
    for offer in ('permessage-deflate', 'permessage-deflate; client_max_window_bits',
                  'permessage-deflate; server_max_window_bits=12', 'x-unknown'):
        client = daemon.connect(more=[('Sec-WebSocket-Extensions', offer)])
        equal(client.answer.names, ['Date', 'Connection', 'upgrade', 'sec-websocket-accept'])
        client.send_frame(TEXT, b'whoami', rsv=4)
        equal(client.read_close()[0], 1002)


@row('2.2-subprotocol')
def no_subprotocol_is_selected(api):
    client = api.start().connect(more=[('Sec-WebSocket-Protocol', 'a, b')])
    check('sec-websocket-protocol' not in client.answer.headers, 'none selected')
    check(is_match(ID, client.whoami()), 'whoami')


untestable('2.2-connect-integration', 'there is no $connect integration that could refuse')


# ---- 2.3 refusals ----


@row('2.3-headers')
def a_refusal_has_these_bytes(api):
    daemon = api.start()
    stream, answer = daemon.handshake(key=None)
    pattern = (r'HTTP/1\.1 403 Forbidden\r\n'
               r'Date: ' + DATE + r'\r\n'
               r'Content-Type: application/json\r\n'
               r'Content-Length: 23\r\n'
               r'Connection: keep-alive\r\n'
               r'x-amzn-RequestId: ' + UUID + r'\r\n'
               r'x-amzn-ErrorType: ForbiddenException\r\n'
               r'x-amz-apigw-id: ' + ID + r'\r\n\r\n')
    check(is_match(pattern, answer.head.decode()), answer.head)
    equal(answer.body, FORBIDDEN)
    equal(daemon.handshake(stream=stream)[1].status, 101, 'asked again')


@row('2.3-disabled-key', '2.3-key-once')
def a_key_that_was_taken_out_is_refused(api):
    path = api.file('keys', '[keys]\nalice = alpha\nbob = beta\n')
    daemon = api.start(f'--keys-file={path}')
    client = daemon.connect(key='beta')
    path.write_text('[keys]\nalice = alpha\n')
    daemon.reload()
    while daemon.refusal(key='beta').status == 101:
        pass
    is_refusal(daemon.refusal(key='beta'), 403, 'ForbiddenException', 'Forbidden')
    daemon.connect(key='alpha')
    check(is_match(ID, client.whoami()), 'who was let in before stays')


@row('2.3-plain-get')
def a_plain_get_gets_426(api):
    daemon = api.start()
    for without in (['upgrade'], ['connection'], ['upgrade', 'connection', 'sec-websocket-key']):
        answer = daemon.refusal(without=without)
        equal((answer.status, answer.body), (426, b''))
        equal(answer.headers['upgrade'], 'websocket')


@row('2.3-other-method')
def other_methods_miss_a_token(api):
    daemon = api.start()
    for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'):
        is_refusal(daemon.refusal(method=method), 403,
                   'MissingAuthenticationTokenException', 'Missing Authentication Token')


@row('2.3-version')
def another_version_gets_426(api):
    daemon = api.start()
    for more in ([('Sec-WebSocket-Version', '8')], [('Sec-WebSocket-Version', '13, 8')]):
        answer = daemon.refusal(more=more)
        equal((answer.status, answer.body), (426, b''))
        equal(answer.headers['sec-websocket-version'], '13')
    equal(daemon.refusal(without=['sec-websocket-version']).status, 426)


@row('2.3-large-head')
def a_head_has_16_kib(api):
    daemon = api.start()
    daemon.connect(more=[('X-Long', 'x' * 10240)])
    equal(daemon.refusal(more=[('X-Long', 'x' * 16384)]).status, 431)


@row('2.3-key-source')
def only_the_header_holds_the_key(api):
    daemon = api.start()
    equal(daemon.refusal(f'/{daemon.stage}?x-api-key={daemon.key}', key=None).status, 403)
    daemon.connect(key=None, more=[('X-API-KEY', daemon.key)])


# ---- usage plans ----


def start_with_plan(api, plan, *settings):
    """A daemon whose key "alpha" has a plan, and whose key "beta" has none."""
    path = api.file('keys', '[keys]\nalice = alpha plan=basic\nbob = beta\n'
                            f'[plan basic]\n{plan}\n')
    return api.start(f'--keys-file={path}', *settings)


@row('2.3-key-without-plan', needs='plan-counts')
def a_key_without_a_plan_has_no_limits(api):
    daemon = start_with_plan(api, 'quota = 1/month')
    for _ in range(3):
        daemon.connect(key='beta')


@row('0-quota', '2.3-quota', needs='plan-counts')
def a_spent_quota_gets_429(api):
    daemon = start_with_plan(api, 'quota = 2/month')
    for _ in range(2):
        daemon.connect(key='alpha')
    is_refusal(daemon.refusal(key='alpha'), 429, 'LimitExceededException', 'Limit Exceeded')


@row('2.3-plan-rate', needs='plan-counts')
def a_spent_rate_gets_429(api):
    daemon = start_with_plan(api, 'rate = 0.001\nburst = 2')
    for _ in range(2):
        daemon.connect(key='alpha')
    is_refusal(daemon.refusal(key='alpha'), 429,
               'TooManyRequestsException', 'Too Many Requests')


@row('2.3-plan-counts', needs='plan-counts')
def messages_count_against_a_plan_where_that_is_set(api):
    client = start_with_plan(api, 'quota = 2/month').connect(key='alpha')
    for _ in range(5):
        check(is_match(ID, client.whoami()), 'whoami')
    client = start_with_plan(api, 'quota = 2/month', '--plan-counts=messages').connect(key='alpha')
    check(is_match(ID, client.whoami()), 'the second of the quota')
    check(is_match('{"message": "Limit Exceeded", "connectionId":"' + ID +
                   '", "requestId":"' + ID + '"}', client.whoami()), 'the third')
