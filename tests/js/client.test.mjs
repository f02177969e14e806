import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import {
  event, failureOf, ID, PEER, STRANGER, Wire,
} from './wire.mjs';

/* ---- connecting, closing ---- */

test('connecting gives the id that others call us by', async () => {
  const wire = new Wire();
  const client = wire.client();
  assert.deepEqual([client.id, client.connected], ['', false]);
  const both = await Promise.all([client.connect(), client.connect()]);
  assert.deepEqual([...both, await client.connect()], [ID, ID, ID]);
  assert.deepEqual([client.id, client.connectionId, client.connected], [ID, ID, true]);
  assert.equal(wire.nOpened, 1);
  await client.close();
  assert.deepEqual([client.id, client.connected], ['', false]);
});

test('a server that does not speak as it must is left', async () => {
  const cases = [
    ['{"message": "Internal server error", "connectionId":"x"}', 'EREMOTEIO'],
    ['two words', 'EPROTO'],
    ['', 'EPROTO'],
    ['x'.repeat(129), 'EPROTO'],
  ];
  for (const [answer, code] of cases) {
    const wire = new Wire();
    wire.id = answer;
    assert.equal((await failureOf(wire.client().connect())).code, code, answer);
  }
});

test('connecting has a timeout', async () => {
  const wire = new Wire();
  wire.isDeaf = true;
  const client = wire.client({ timeout: 0.02 });
  const aborted = once(wire, 'abort');
  assert.equal((await failureOf(client.connect())).name, 'TimeoutError');
  await aborted;
  wire.isDeaf = false;
  assert.equal(await client.connect(), ID);
  await client.close();
});

test('an end before the id is a failure', async () => {
  const wire = new Wire();
  wire.isDeaf = true;
  const client = wire.client();
  wire.once('whoami', () => wire.end(1001));
  assert.equal((await failureOf(client.connect())).code, 'ECONNRESET');
  wire.refuseWith = Object.assign(new Error('no'), { code: 'EKEYREJECTED' });
  assert.equal((await failureOf(client.connect())).code, 'EKEYREJECTED');
});

test('closing ends whatever there is, and may be repeated', async () => {
  const wire = new Wire();
  const client = wire.client();
  await client.close();
  const connecting = failureOf(client.connect());
  while (wire.nOpened === 0) await null;
  await client.close();
  assert.equal((await connecting).code, 'ECANCELED');
  await client.connect();
  const told = event(client, 'disconnected');
  const call = failureOf(client.call(PEER, 'f'));
  await Promise.all([client.close(), client.close()]);
  assert.equal((await call).code, 'ECONNRESET');
  assert.deepEqual(await told, {
    code: 1005, reason: '', error: null, byUs: true, willReconnect: false,
  });
  assert.equal((await failureOf(client.call(PEER, 'f'))).code, 'ENOTCONN');
});

test('one may connect again while closing', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const closing = client.close();
  assert.equal(client.id, '');
  wire.id = PEER;
  assert.equal(await client.connect(), PEER);
  await closing;
  assert.equal(client.id, PEER);
  await client.close();
});

test('a server that does not answer the close frame is left', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  wire.isDeaf = true;
  const aborted = once(wire, 'abort');
  await client.close();
  await aborted;
});

test('whoami shows the server that we live', async () => {
  const wire = new Wire();
  const client = await wire.connected({ keepalive: 0.01 });
  while (wire.nWhoami < 4) await once(wire, 'whoami');
  assert.equal(client.id, ID);
  await client.close();
});

test('and a server that does not answer it is gone', async () => {
  const wire = new Wire();
  const client = await wire.connected({ keepalive: 0.01, timeout: 0.02 });
  wire.isDeaf = true;
  const call = failureOf(client.callWith({ timeout: 60 }, PEER, 'f'));
  const { error, byUs } = await event(client, 'disconnected');
  assert.deepEqual([error.code, byUs], ['ETIMEDOUT', false]);
  assert.equal((await call).cause, error);
});

/* ---- calls on others ---- */

test('a call is answered by whom it was sent to, once', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const strays = [];
  client.events.on('stray', (text) => strays.push(text));
  const call = client.call(PEER, 'add', 2, 3);
  const { to, payload: { type, data } } = await wire.hear();
  assert.deepEqual([to, type, data.name, data.args], [PEER, 'REQ', 'add', [2, 3]]);
  wire.packet(STRANGER, 'ACK', { token: data.token, ret: 'forged' });
  wire.packet(STRANGER, 'NAK', { token: data.token, error: { code: 'ENOENT' } });
  wire.packet(PEER, 'ACK', { token: 'another', ret: 'wrong' });
  assert.equal(strays.length, 3);
  wire.packet(PEER, 'ACK', { token: data.token, ret: 5 });
  assert.equal(await call, 5);
  wire.packet(PEER, 'ACK', { token: data.token, ret: 6 }); /* too late: silently dropped */
  wire.packet(PEER, 'NAK', { token: data.token });
  assert.equal(strays.length, 3);
  await client.close();
});

test('what the callee returned may be nothing, or anything', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  for (const ret of [undefined, null, 0, '', false, [], { __proto__: null, a: [1] }]) {
    const call = client.call(PEER, 'f');
    const { payload: { data: { token } } } = await wire.hear();
    wire.packet(PEER, 'ACK', { token, ret });
    assert.deepEqual(JSON.stringify(await call), JSON.stringify(ret));
  }
  await client.close();
});

test('a NAK ends a call at once, with what it says', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const cases = [
    [{ code: 'ENOENT', message: 'no open connection has that id' }, 'ENOENT', /^f: no open/],
    [{ code: 'EREMOTEIO' }, 'EREMOTEIO', /^f: it failed/],
    [{ code: 5, message: {} }, 'EREMOTEIO', /it failed/],
    [undefined, 'EREMOTEIO', /it failed/],
    ['text', 'EREMOTEIO', /it failed/],
  ];
  for (const [error, code, message] of cases) {
    const call = failureOf(client.call(PEER, 'f'));
    const { payload: { data: { token } } } = await wire.hear();
    wire.packet(PEER, 'NAK', { token, error });
    const failure = await call;
    assert.equal(failure.code, code);
    assert.match(failure.message, message);
  }
  await client.close();
});

test('a call has a timeout and may be given up', async () => {
  const wire = new Wire();
  const client = await wire.connected({ timeout: 0.02 });
  const late = failureOf(client.call(PEER, 'f'));
  const { payload: { data } } = await wire.hear();
  assert.deepEqual(await late.then(({ name, code }) => [name, code]), ['TimeoutError', 'ETIMEDOUT']);
  const strays = [];
  client.events.on('stray', (text) => strays.push(text));
  wire.packet(PEER, 'ACK', { token: data.token, ret: 5 });
  assert.deepEqual(strays, []);
  const controller = new AbortController();
  const given = failureOf(client.callWith({ signal: controller.signal, timeout: 60 }, PEER, 'f'));
  await wire.hear();
  controller.abort(new Error('enough'));
  assert.equal((await given).message, 'enough');
  const early = client.callWith({ signal: controller.signal }, PEER, 'f');
  assert.equal((await failureOf(early)).message, 'enough');
  await client.close();
});

test('what cannot be sent fails alone', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const code = async (...args) => (await failureOf(client.call(...args))).code;
  const circle = {};
  circle.circle = circle;
  assert.equal(await code(PEER, 'f', 'x'.repeat(131072)), 'EMSGSIZE');
  assert.equal(await code('', 'f'), 'EINVAL');
  assert.equal(await code(undefined, 'f'), 'EINVAL');
  assert.equal(await code(PEER, ''), 'EINVAL');
  assert.ok(await failureOf(client.call(PEER, 'f', circle)) instanceof TypeError);
  assert.ok(await failureOf(client.call(PEER, 'f', 1n)) instanceof TypeError);
  assert.equal((await failureOf(client.callWith({ timeout: -1 }, PEER, 'f'))).code, 'EINVAL');
  wire.nBuffered = 1e9;
  assert.equal(await code(PEER, 'f'), 'ENOBUFS');
  assert.deepEqual(wire.sent, []);
  wire.nBuffered = 0;
  await client.close();
});

test('the server tells of a packet that it refused', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const told = event(client, 'refused');
  wire.say('{"message": "Internal server error", "connectionId":"x", "requestId":"y"}');
  assert.equal(await told, 'Internal server error');
  await client.close();
});

/* ---- connecting again ---- */

const soon = { min: 0.001, max: 0.002 };

test('a lost connection is made again, if wanted', async () => {
  const wire = new Wire();
  const client = await wire.connected({ reconnect: soon });
  const call = failureOf(client.call(PEER, 'f'));
  await wire.hear();
  client.on('g', () => 'still there');
  const order = [];
  for (const name of ['disconnected', 'reconnecting', 'connected']) {
    client.events.on(name, () => order.push(name));
  }
  const lost = event(client, 'disconnected');
  wire.id = PEER;
  wire.end(1001, 'Going away');
  assert.deepEqual(await lost, {
    code: 1001, reason: 'Going away', error: null, byUs: false, willReconnect: true,
  });
  assert.equal((await call).code, 'ECONNRESET');
  assert.equal((await failureOf(client.call(PEER, 'f'))).code, 'ENOTCONN');
  assert.equal(await client.connect(), PEER); /* waits for the same */
  assert.deepEqual(order, ['disconnected', 'reconnecting', 'connected']);
  wire.packet(STRANGER, 'REQ', { token: 't', name: 'g', args: [] });
  assert.equal((await wire.hear()).payload.data.ret, 'still there');
  await client.close();
});

test('without being wanted it is not', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const lost = event(client, 'disconnected');
  wire.end(1001, 'Going away');
  assert.equal((await lost).willReconnect, false);
  assert.equal(wire.nOpened, 1);
  assert.equal(await client.connect(), ID);
  await client.close();
});

test('attempts are bounded', async () => {
  const wire = new Wire();
  const client = await wire.connected({ reconnect: { ...soon, attempts: 3 } });
  const attempts = [];
  client.events.on('reconnecting', ({ attempt }) => attempts.push(attempt));
  wire.refuseWith = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
  const abandoned = event(client, 'abandoned');
  wire.end(1006);
  assert.equal(await abandoned, wire.refuseWith);
  assert.deepEqual(attempts, [1, 2, 3]);
  assert.equal(wire.nOpened, 4);
});

test('a key that is refused is not offered again', async () => {
  const wire = new Wire();
  const client = await wire.connected({ reconnect: soon });
  wire.refuseWith = Object.assign(new Error('no'), { code: 'EKEYREJECTED' });
  const abandoned = event(client, 'abandoned');
  wire.end(1006);
  assert.equal((await abandoned).code, 'EKEYREJECTED');
  assert.equal(wire.nOpened, 2);
});

test('closing ends the attempts', async () => {
  const wire = new Wire();
  const client = await wire.connected({ reconnect: { min: 3600, max: 3600 } });
  const tried = event(client, 'reconnecting');
  client.events.on('abandoned', () => assert.fail('nobody asked'));
  wire.end(1006);
  await tried;
  const connecting = failureOf(client.connect());
  await null; /* so that it has begun to wait */
  await client.close();
  assert.equal((await connecting).code, 'ECANCELED');
  assert.equal(wire.nOpened, 1);
});

/* Wherever a listener of the program closes, nothing follows. */
for (const name of ['disconnected', 'reconnecting']) {
  test(`closing when told of ${name} ends it, too`, async () => {
    const wire = new Wire();
    const client = await wire.connected({ reconnect: { min: 3600, max: 3600 } });
    const closed = new Promise((resolve) => {
      client.events.once(name, () => resolve(client.close()));
    });
    wire.end(1006);
    await closed;
    const connecting = client.connect();
    await new Promise(setImmediate);
    assert.equal(wire.nOpened, 2); /* at once: nothing else is under way */
    assert.equal(await connecting, ID);
    await client.close();
  });
}

test('who is called while closing does not run', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const called = [];
  client.on('f', () => called.push('f'));
  client.events.on('stray', (text) => called.push(text));
  const closing = client.close();
  wire.packet(STRANGER, 'REQ', { token: 't', name: 'f', args: [] });
  await closing;
  assert.deepEqual(called, []);
});

test('a listener that throws harms nobody else', async () => {
  const wire = new Wire();
  const client = wire.client();
  const fault = new Error('of the program');
  const thrown = new Promise(process.setUncaughtExceptionCaptureCallback);
  client.events.on('connected', () => { throw fault; });
  const told = event(client, 'connected');
  assert.equal(await client.connect(), ID);
  assert.equal(await told, ID);
  assert.equal(await thrown, fault);
  process.setUncaughtExceptionCaptureCallback(null);
  await client.close();
});
