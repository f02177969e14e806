"""Section 7: the management API."""
import datetime
import json

from rows import DATE, ID, UUID, check, equal, row, untestable
from wire import CLOSE, Frame, close_payload, is_match

TIME = r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'
NEVER = 'AAAAAAAAAAACAAA='


def is_refused(answer, status, error, body=None):
    equal((answer.status, answer.headers.get('x-amzn-errortype')), (status, error))
    if body is not None:
        equal(answer.body, body.encode())


@row('7-post')
def a_post_is_sent_and_answered_with_an_empty_200(api):
    daemon = api.start()
    clients = [daemon.connect() for _ in range(4)]
    for client in clients:
        answer = daemon.manage('POST', client.whoami(), '{"a": "é"}'.encode())
        equal((answer.status, answer.body, answer.headers['content-length']), (200, b'', '0'))
        equal(client.read_text(), '{"a": "é"}')


@row('7-get', '7-get-body', '7-user-agent')
def a_get_tells_of_the_connection(api):
    daemon = api.start()
    plain = daemon.connect()
    named = daemon.connect(more=[('User-Agent', 'Mozilla/5.0 "x"')])
    for client, agent in ((plain, {}), (named, {'userAgent': 'Mozilla/5.0 "x"'})):
        before = datetime.datetime.now(datetime.timezone.utc)
        answer = daemon.manage('GET', client.whoami())
        equal((answer.status, answer.headers['content-type']), (200, 'application/json'))
        told = json.loads(answer.body)
        equal(list(told), ['connectedAt', 'identity', 'lastActiveAt'])
        equal(told['identity'], {'sourceIp': '127.0.0.1', **agent})
        for name in ('connectedAt', 'lastActiveAt'):
            check(is_match(TIME, told[name]), told[name])
            off = datetime.datetime.fromisoformat(told[name].replace('Z', '+00:00')) - before
            check(abs(off.total_seconds()) < 60, told[name])
        equal(answer.body.decode(), json.dumps(told, separators=(',', ':')))


@row('0-delete', '7-delete', '3.2-deleted')
def a_delete_closes_with_1000(api):
    daemon = api.start()
    for client in [daemon.connect() for _ in range(3)]:
        connection = client.whoami()
        answer = daemon.manage('DELETE', connection)
        equal((answer.status, answer.body), (204, b''))
        check('content-length' not in answer.headers, 'no length')
        equal(client.read_frame(), Frame(0x80 | CLOSE, False,
                                         close_payload(1000, 'Connection Closed Normally')))
        client.send_frame(CLOSE, close_payload(1000))
        check(client.has_ended(), 'the stream ends')
        equal(daemon.manage('DELETE', connection).status, 410)


@row('0-post-gone', '7-error-header', '7-gone-closed', '7-gone-never')
def who_is_gone_is_gone_without_a_body(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    client.send_frame(CLOSE)
    client.has_ended()
    pattern = (r'HTTP/1\.1 410 Gone\r\n'
               r'Date: ' + DATE + r'\r\n'
               r'Content-Length: 0\r\n'
               r'Connection: keep-alive\r\n'
               r'x-amzn-RequestId: ' + UUID + r'\r\n'
               r'x-amzn-ErrorType: GoneException\r\n'
               r'x-amz-apigw-id: ' + ID + r'\r\n\r\n')
    for gone in (connection, NEVER, 'AAAAAAAAAAAC__w='):
        for method in ('POST', 'GET', 'DELETE'):
            answer = daemon.manage(method, gone)
            check(is_match(pattern, answer.head.decode()), answer.head)


untestable('7-before-connect', 'nobody can know an id before its handshake is answered')


@row('7-malformed-id')
def what_cannot_be_an_id_is_a_bad_request(api):
    daemon = api.start()
    for odd in ('x', NEVER[:-1], NEVER + 'A', 'AAAAAAAAAAACAAB=', 'AAAAAAAAA+ACAAA=',
                '%00', '%', '%zz', 'AAAAAAAAAAACAAA%2F', 'x/y'):
        is_refused(daemon.manage('GET', odd), 400, 'BadRequestException',
                   '{"message":"Bad Request"}')


@row('7-stage')
def another_stage_is_forbidden(api):
    daemon = api.start()
    for target in (f'/other/@connections/{NEVER}', f'/@connections/{NEVER}'):
        is_refused(daemon.manage('POST', None, b'x', target=target), 403,
                   'ForbiddenException', '{"message":"Forbidden"}')


@row('7-empty-post')
def an_empty_post_is_an_empty_message(api):
    daemon = api.start()
    client = daemon.connect()
    equal(daemon.manage('POST', client.whoami()).status, 200)
    equal(client.read_text(), '')


@row('7-other-method', '7-no-id')
def other_methods_and_no_id_miss_a_token(api):
    daemon = api.start()
    base = f'/{daemon.stage}/@connections'
    for method, target in (('PUT', f'{base}/{NEVER}'), ('PATCH', f'{base}/{NEVER}'),
                           ('POST', base), ('GET', base + '/')):
        is_refused(daemon.manage(method, None, target=target), 403,
                   'MissingAuthenticationTokenException',
                   '{"message":"Missing Authentication Token"}')


@row('7-keep-alive')
def one_stream_serves_many_calls(api):
    daemon = api.start()
    clients = [daemon.connect() for _ in range(3)]
    stream = daemon.dial()
    for client in clients:
        connection = client.whoami()
        equal(daemon.manage('POST', connection, b'a', stream=stream).status, 200)
        equal(daemon.manage('DELETE', connection, stream=stream).status, 204)
        equal(daemon.manage('GET', connection, stream=stream).status, 410)
        equal(client.read_text(), 'a')


# ---- signatures ----


@row('7-unsigned')
def who_does_not_sign_misses_a_token(api):
    is_refused(api.start().manage('POST', NEVER, b'x', signed=False), 403,
               'MissingAuthenticationTokenException',
               '{"message":"Missing Authentication Token"}')


@row('7-bad-signature')
def another_secret_does_not_match(api):
    answer = api.start().manage('POST', NEVER, b'x', secret='another')
    is_refused(answer, 403, 'InvalidSignatureException')
    check(json.loads(answer.body)['message'].startswith(
        'The request signature we calculated does not match'), answer.body)


@row('7-unknown-key')
def an_unknown_key_is_an_unknown_client(api):
    is_refused(api.start().manage('POST', NEVER, b'x', key_id='AKIDOTHER'), 403,
               'UnrecognizedClientException',
               '{"message":"The security token included in the request is invalid."}')


@row('7-access-denied')
def a_method_that_is_not_allowed_is_denied(api):
    daemon = api.start()
    path = daemon.log_path.with_name('credentials')
    path.write_text(path.read_text() + 'allow = GET\n')
    daemon.reload()
    while (answer := daemon.manage('POST', NEVER, b'x')).status == 410:
        pass
    is_refused(answer, 403, 'AccessDeniedException')
    message = json.loads(answer.body)['message']
    check('is not authorized to perform: execute-api:ManageConnections on resource: '
          in message and message.endswith('/POST/@connections/{connectionId}'), message)
    equal(daemon.manage('GET', NEVER).status, 410)


@row('7-canonical-uri')
def the_path_is_signed_as_it_came_encoded_once_more(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    escaped = connection.replace('=', '%3D')
    for target, canonical in (
            (f'@connections/{connection}', f'%40connections/{escaped}'),
            (f'@connections/{escaped}', f'%40connections/{escaped.replace("%", "%25")}'),
            (f'%40connections/{escaped}', f'%2540connections/{escaped.replace("%", "%25")}')):
        answer = daemon.manage('POST', None, b'x', target=f'/{daemon.stage}/{target}',
                               canonical=f'/{daemon.stage}/{canonical}')
        equal(answer.status, 200, target)
        client.read_text()
    answer = daemon.manage('GET', None, target=f'/{daemon.stage}/@connections/{connection}',
                           canonical=f'/{daemon.stage}/@connections/{connection}')
    is_refused(answer, 403, 'InvalidSignatureException')


@row('7-signed-headers')
def the_digest_of_the_body_need_not_be_a_header(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    for has_digest in (True, False):
        equal(daemon.manage('POST', connection, b'x', has_digest=has_digest).status, 200)
        equal(client.read_text(), 'x')
