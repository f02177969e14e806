import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  PACKET_MAX, read, writeAnswer, writeCall, writeRefusal,
} from '../../client/js/lib/packets.js';

const ID = 'Zr3hXnS0m9ECAAQ=';

test('packets are written as the protocol has them', () => {
  assert.equal(
    writeCall(ID, 't1', 'add', [2, 3]),
    `{"to":"${ID}","payload":{"type":"REQ","data":{"token":"t1","name":"add","args":[2,3]}}}`,
  );
  assert.equal(
    writeAnswer(ID, 't1', 5),
    `{"to":"${ID}","payload":{"type":"ACK","data":{"token":"t1","ret":5}}}`,
  );
  assert.equal(
    writeAnswer(ID, 't1', undefined),
    `{"to":"${ID}","payload":{"type":"ACK","data":{"token":"t1"}}}`,
  );
  assert.equal(
    writeRefusal(ID, 't1', 'ENOSYS', 'no'),
    `{"to":"${ID}","payload":{"type":"NAK","data":{"token":"t1",`
      + '"error":{"code":"ENOSYS","message":"no"}}}}',
  );
});

test('a packet is as long as it may be relayed, and no longer', () => {
  for (const unit of ['x', 'é', '\u20ac', '😀', '\n']) {
    const size = Buffer.byteLength(JSON.stringify(unit)) - 2;
    const around = Buffer.byteLength(JSON.stringify(
      { from: ID, payload: { type: 'ACK', data: { token: 't', ret: '' } } },
    ));
    const n = Math.floor((PACKET_MAX - around) / size);
    assert.ok(writeAnswer(ID, 't', unit.repeat(n)));
    assert.throws(() => writeAnswer(ID, 't', unit.repeat(n + 1)), { code: 'EMSGSIZE' }, unit);
  }
});

test('packets, error frames and neither are told apart', () => {
  const packet = (payload) => JSON.stringify({ from: ID, payload });
  assert.deepEqual(
    read(packet({ type: 'REQ', data: { token: 't' } })),
    { from: ID, type: 'REQ', data: { token: 't' } },
  );
  assert.deepEqual(read(packet({ type: 'X' })), { from: ID, type: 'X', data: {} });
  assert.deepEqual(
    read('{"message": "Internal server error", "connectionId":"x", "requestId":"y"}'),
    { message: 'Internal server error' },
  );
  for (const text of ['', ID, '1', 'null', '[]', '"x"', '{}', '{"message":5}', packet(null), packet([]),
    packet({}), packet({ type: 1 }), '{"payload":{"type":"X"}}', '{"from":1,"payload":{"type":"X"}}',
    '{"message":"x","payload":{}}', '{']) {
    assert.equal(read(text), null, text);
  }
});
