import assert from 'node:assert/strict';
import { test } from 'node:test';

import { event, PEER, Wire } from './wire.mjs';

async function call(wire, name, ...args) {
  const answer = wire.hear();
  wire.packet(PEER, 'REQ', { token: 't', name, args });
  const { to, payload: { type, data } } = await answer;
  assert.deepEqual([to, data.token], [PEER, 't']);
  return type === 'ACK' ? data.ret : data.error;
}

test('a handler answers with what it returns, at once or later', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  client.on('add', (a, b) => a + b)
    .on('later', async (a) => [a])
    .on('nothing', () => {})
    .on(['a', '*'], function who(...args) { return [this, ...args]; });
  assert.equal(await call(wire, 'add', 2, 3), 5);
  assert.deepEqual(await call(wire, 'later', null), [null]);
  assert.equal(await call(wire, 'nothing'), undefined);
  assert.deepEqual(await call(wire, 'a.b', 1), [{ from: PEER, name: 'a.b' }, 1]);
  await client.close();
});

test('of several handlers the first answer counts', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const called = [];
  const handler = (name, answer) => () => {
    called.push(name);
    return answer();
  };
  client.on('f', handler('fails', () => { throw new Error('no'); }));
  client.on('f', handler('never', () => new Promise(() => {})));
  client.on('f', handler('answers', () => 'first'));
  client.on('f', handler('late', async () => {
    await null;
    await null;
    return 'second';
  }));
  assert.equal(await call(wire, 'f'), 'first');
  assert.deepEqual(called, ['fails', 'never', 'answers', 'late']);
  await new Promise(setImmediate);
  assert.equal(wire.sent.length, 1);
  await client.close();
});

test('when all fail the caller is told what the first said', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const failures = [];
  client.events.on('failed', (failure) => failures.push(failure));
  client.on('f', async () => {
    await null;
    throw new Error('first');
  });
  client.on('f', () => { throw new Error('second'); });
  assert.deepEqual(await call(wire, 'f'), { code: 'EREMOTEIO', message: 'first' });
  assert.equal(failures.length, 1);
  assert.deepEqual([failures[0].from, failures[0].name], [PEER, 'f']);
  await client.close();
});

test('a failure is told whatever was thrown', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const coded = (code) => Object.assign(new Error('x'), { code });
  const cases = [
    [undefined, { code: 'EREMOTEIO', message: 'undefined' }],
    ['text', { code: 'EREMOTEIO', message: 'text' }],
    [new Error(''), { code: 'EREMOTEIO', message: 'the method failed' }],
    [new Error('x'.repeat(300)), { code: 'EREMOTEIO', message: 'x'.repeat(200) }],
    [coded('EBUSY'), { code: 'EBUSY', message: 'x' }],
    [coded('ENOENT'), { code: 'EREMOTEIO', message: 'x' }], /* of a file, say */
  ];
  let thrown;
  client.on('f', () => { throw thrown; });
  for (const [value, told] of cases) {
    thrown = value;
    assert.deepEqual(await call(wire, 'f'), told);
  }
  await client.close();
});

test('an answer that cannot be sent fails the call', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  client.on('long', () => 'x'.repeat(131072)).on('big', () => 1n);
  assert.equal((await call(wire, 'long')).code, 'EMSGSIZE');
  assert.equal((await call(wire, 'big')).code, 'EREMOTEIO');
  await client.close();
});

test('a name that nobody handles is refused at once', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const told = event(client, 'unknown');
  assert.equal((await call(wire, 'f')).code, 'ENOSYS');
  assert.deepEqual(await told, { from: PEER, name: 'f' });
  client.once('f', () => 'once');
  assert.equal(await call(wire, 'f'), 'once');
  assert.equal((await call(wire, 'f')).code, 'ENOSYS');
  await client.close();
});

test('more calls than allowed are refused until others are done', async () => {
  const wire = new Wire();
  const client = await wire.connected({ requests: 2 });
  const finish = [];
  client.on('wait', () => new Promise((resolve) => { finish.push(resolve); }));
  wire.packet(PEER, 'REQ', { token: 'a', name: 'wait', args: [] });
  wire.packet(PEER, 'REQ', { token: 'b', name: 'wait', args: [] });
  const told = event(client, 'overload');
  assert.equal((await call(wire, 'wait')).code, 'EBUSY');
  assert.deepEqual(await told, { from: PEER, name: 'wait' });
  const answer = wire.hear();
  finish[0]('done');
  assert.equal((await answer).payload.data.ret, 'done');
  await new Promise(setImmediate);
  const second = call(wire, 'wait');
  finish[2]('again');
  assert.equal(await second, 'again');
  await client.close();
});

test('what is no call is dropped and told', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const strays = [];
  client.events.on('stray', (text) => strays.push(text));
  client.on('**', () => assert.fail('called'));
  for (const data of [{}, { token: 1, name: 'f', args: [] }, { token: 't', args: [] },
    { token: 't', name: 'f', args: {} }, { token: 't', name: 'f', args: null }]) {
    wire.packet(PEER, 'REQ', data);
  }
  wire.packet(PEER, 'SYN', {});
  wire.say('not even JSON');
  assert.equal(strays.length, 7);
  assert.deepEqual(wire.sent, []);
  await client.close();
});

test('a token as long as a packet is not echoed in a refusal', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  const told = event(client, 'unknown');
  wire.packet(PEER, 'REQ', { token: 'x'.repeat(131000), name: 'f', args: [] });
  await told;
  assert.deepEqual(wire.sent, []);
  await client.close();
});

test('an answer goes to the connection its call came by, or nowhere', async () => {
  const wire = new Wire();
  const client = await wire.connected();
  let finish;
  client.on('f', () => new Promise((resolve) => { finish = resolve; }));
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  wire.end(1006);
  await client.connect();
  finish('too late');
  await new Promise(setImmediate);
  assert.deepEqual(wire.sent, []);
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  wire.nBuffered = 1e9; /* a caller that does not read */
  finish('too much');
  await new Promise(setImmediate);
  assert.deepEqual(wire.sent, []);
  wire.nBuffered = 0;
  await client.close();
});
