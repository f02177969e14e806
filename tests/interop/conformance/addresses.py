"""Sections 0 and 1: the summary, and identifiers."""
import base64

from rows import ID, UUID, check, equal, row, untestable
from wire import is_match

# ---- 1. identifiers ----


def raw(connection):
    return base64.b64decode(connection, altchars=b'-_', validate=True)


def ids(daemon, n=40):
    clients = [daemon.connect() for _ in range(n)]
    found = [client.whoami() for client in clients]
    for client in clients:
        client.close()
    return found


@row('1-shape', '1-alphabet', '1-last-character')
def ids_have_the_shape(api):
    for connection in ids(api.start()):
        check(is_match(ID, connection), connection)
        equal(len(raw(connection)), 11)
        equal(raw(connection)[10] & 3, 0)


@row('1-request-id')
def request_ids_have_it_too(api):
    daemon = api.start()
    client = daemon.connect()
    client.send_text('{')
    check(is_match('.*"requestId":"' + ID + '"}', client.read_text()), 'requestId')
    answer = daemon.refusal(key='wrong')
    check(is_match(ID, answer.headers['x-amz-apigw-id']), 'x-amz-apigw-id')
    check(is_match(UUID, answer.headers['x-amzn-requestid']), 'x-amzn-RequestId')


untestable('1-message-id', 'seen in Lambda events only, which there are none of')


@row('1-never-reused')
def no_id_comes_twice(api):
    daemon = api.start()
    found = ids(daemon) + ids(daemon)
    equal(len(set(found)), len(found))


@row('1-minting')
def ids_are_random_but_for_kind_and_slot(api):
    daemon = api.start()
    found = [raw(connection) for connection in ids(daemon, 80)]
    for at in range(8):
        ones = zeros = 0
        for one in found:
            ones |= one[at]
            zeros |= ~one[at]
        equal((ones & 255, zeros & 255), (255, 255), f'byte {at}')
    equal({one[8] for one in found}, {2})
    slots = {one[9] << 8 | one[10] for one in found}
    equal(slots, {4 * slot for slot in range(api.n_workers)})


@row('1-escaped-id', '1-escaped-at')
def urls_may_be_escaped_or_not(api):
    daemon = api.start()
    client = daemon.connect()
    connection = client.whoami()
    for at in ('@', '%40'):
        for written in (connection, connection.replace('=', '%3D'),
                        connection.replace('=', '%3d')):
            target = f'/{daemon.stage}/{at}connections/{written}'
            equal(daemon.manage('POST', None, b'x', target=target).status, 200)
            equal(client.read_text(), 'x')
