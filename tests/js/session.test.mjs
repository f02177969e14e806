/* Connections that are left before the server's limit of their age, for another. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';

import { Plan } from '../../client/js/lib/plan.js';
import { Clock } from './clock.mjs';
import {
  event, failureOf, ID, PEER, STRANGER, Wire,
} from './wire.mjs';

const NEW_ID = 'bQ7x0dVvDoECHgQ=';
const MINUTE_MS = 60000;
const EARLY_MS = 108 * MINUTE_MS; /* 90 percent of two hours */
const LATE_MS = 116.4 * MINUTE_MS; /* 97 percent */
const LAST_MS = 118.8 * MINUTE_MS; /* 99 percent */

test('another one is sought between 90 and 97 percent of the session', async (t) => {
  for (const [random, dueMs] of [[0, EARLY_MS], [0.5, 112.2 * MINUTE_MS], [1, LATE_MS]]) {
    const clock = new Clock(t);
    const told = [];
    const plan = new Plan(120 * MINUTE_MS, {
      seek: () => told.push(clock.nowMs),
      isReady: () => told.length === 2,
      leave: () => told.push(clock.nowMs),
    }, () => random);
    plan.nudge();
    await clock.advance(dueMs + MINUTE_MS);
    plan.nudge();
    await clock.advance(10);
    assert.deepEqual(told, [dueMs]); /* it is not ready */
    told.push('ready');
    plan.nudge();
    await clock.advance(10);
    assert.deepEqual(told, [dueMs, 'ready', dueMs + MINUTE_MS + 11]);
    assert.equal(clock.nTimers, 0);
  }
});

test('and the old one is left at 99 percent, whatever is', async (t) => {
  const clock = new Clock(t);
  const left = [];
  const plan = new Plan(120 * MINUTE_MS, {
    seek: () => {}, isReady: () => false, leave: () => left.push(clock.nowMs),
  });
  await clock.advance(LATE_MS + 1);
  plan.nudge();
  await clock.advance(LAST_MS - LATE_MS - 2);
  assert.deepEqual(left, []);
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(left, [LAST_MS]);
  assert.equal(clock.nTimers, 0);
});

test('a plan that is dropped is not carried out', async (t) => {
  for (const whenMs of [0, LATE_MS - 1, LATE_MS + 1]) {
    const clock = new Clock(t);
    const plan = new Plan(
      120 * MINUTE_MS,
      { seek: () => {}, isReady: () => false, leave: assert.fail },
      () => 1,
    );
    await clock.advance(whenMs);
    plan.nudge();
    plan.drop();
    plan.nudge();
    assert.equal(clock.nTimers, 0, String(whenMs));
  }
});

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('enough')) };
}

/* A client that is connected since just now, and what it tells. */
async function start(t, options) {
  const clock = new Clock(t);
  const wire = new Wire();
  const told = [];
  const client = wire.client({ reconnect: true, keepalive: false, ...options });
  for (const name of ['connected', 'disconnected', 'reconnecting', 'abandoned']) {
    client.events.on(name, (what) => told.push([name, what]));
  }
  await client.connect();
  told.length = 0;
  wire.id = NEW_ID;
  return {
    clock, wire, client, told,
  };
}

test('an old connection is left for a new one', async (t) => {
  const { clock, wire, client, told } = await start(t);
  await clock.advance(EARLY_MS - 1);
  assert.deepEqual([client.id, wire.nOpened, told], [ID, 1, []]);
  await clock.advance(LATE_MS - EARLY_MS + 10);
  assert.deepEqual(told, [
    ['disconnected', {
      code: 1005, reason: '', error: null, byUs: true, willReconnect: true,
    }],
    ['connected', NEW_ID],
  ]);
  assert.deepEqual([client.id, wire.nOpened], [NEW_ID, 2]);
  wire.id = PEER;
  await clock.advance(LATE_MS + 10); /* and so on */
  assert.deepEqual([client.id, wire.nOpened], [PEER, 3]);
  await client.close();
  assert.equal(clock.nTimers, 0);
});

test('there is no moment without a connection', async (t) => {
  const { clock, client } = await start(t);
  await clock.advance(EARLY_MS - 1);
  while (client.id === ID) await clock.advance(100);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('one that may not come back is not left', async (t) => {
  const { clock, wire, client, told } = await start(t, { reconnect: false });
  await clock.advance(200 * MINUTE_MS);
  assert.deepEqual([client.id, wire.nOpened, told], [ID, 1, []]);
  await client.close();
});

test('the limit is an option', async (t) => {
  const { clock, client } = await start(t, { session: 60 });
  await clock.advance(53999);
  assert.equal(client.id, ID);
  await clock.advance(4300);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('it waits for calls of ours, and for those that follow from them', async (t) => {
  const { clock, wire, client } = await start(t, { timeout: 600 });
  await clock.advance(EARLY_MS - 1);
  wire.at = 0;
  const answers = (async () => [await client.call(PEER, 'f'), await client.call(PEER, 'g')])();
  for (const ret of [1, 2]) {
    const { payload: { data: { token } } } = await wire.hear();
    await clock.advance((LATE_MS + MINUTE_MS - EARLY_MS) / 2);
    assert.equal(client.id, ID);
    wire.packet(PEER, 'ACK', { token, ret });
  }
  assert.deepEqual(await answers, [1, 2]);
  await clock.advance(10);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('a call that was given up, or not answered in time, is not waited for', async (t) => {
  for (const [timeout, isGivenUp] of [[600, false], [3600, true]]) {
    const { clock, client } = await start(t);
    const { signal, abort } = abortable();
    await clock.advance(EARLY_MS - 1);
    const call = failureOf(client.callWith({ timeout, signal }, PEER, 'f'));
    await clock.advance(599990);
    assert.equal(client.id, ID);
    if (isGivenUp) abort();
    await clock.advance(20);
    assert.equal((await call).message, isGivenUp ? 'enough' : 'f: no answer within 600 s');
    assert.equal(client.id, NEW_ID);
    await client.close();
  }
});

test('it waits for calls of others that are in work', async (t) => {
  const { clock, wire, client } = await start(t);
  let finish;
  client.on('f', () => new Promise((resolve) => { finish = resolve; }));
  client.on('f', () => new Promise(() => {})); /* of whom nothing is awaited then */
  await clock.advance(EARLY_MS - 1);
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  await clock.advance(LATE_MS - EARLY_MS + 10);
  assert.equal(client.id, ID);
  assert.equal(wire.nOpened, 2); /* it is there, and waits */
  finish('done');
  assert.equal((await wire.hear()).payload.data.ret, 'done');
  await clock.advance(10);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('it does not wait for ever', async (t) => {
  const { clock, wire, client, told } = await start(t, { timeout: 3600 });
  let finish;
  client.on('f', () => new Promise((resolve) => { finish = resolve; }));
  await clock.advance(EARLY_MS - 1);
  const call = failureOf(client.call(PEER, 'g'));
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  await clock.advance(LAST_MS - EARLY_MS);
  assert.equal(client.id, ID);
  await clock.advance(10);
  assert.equal((await call).code, 'ECONNRESET');
  assert.deepEqual(told.map(([name]) => name), ['disconnected', 'connected']);
  assert.equal(client.id, NEW_ID);
  finish('too late');
  await new Promise(setImmediate);
  assert.deepEqual(wire.sent.map(({ payload: { type } }) => type), ['REQ']);
  await client.close();
});

test('what an earlier connection was asked is not waited for', async (t) => {
  const { clock, wire, client } = await start(t);
  const finish = [];
  client.on('f', () => new Promise((resolve) => { finish.push(resolve); }));
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  wire.end(1001);
  await clock.advance(1000);
  assert.equal(client.id, NEW_ID);
  wire.id = PEER;
  wire.packet(PEER, 'REQ', { token: 't', name: 'f', args: [] });
  finish[0]();
  await clock.advance(LATE_MS + 10);
  assert.equal(client.id, NEW_ID); /* for the second is still in work */
  finish[1]();
  await clock.advance(10);
  assert.equal(client.id, PEER);
  await client.close();
});

/* ---- the other one ---- */

const refusal = (code) => Object.assign(new Error('no'), { code });

/* A client with a call in flight, which is for the successor to wait for. */
async function startReady(t) {
  const all = await start(t, { timeout: 3600 });
  await all.clock.advance(EARLY_MS - 1);
  all.call = all.client.call(PEER, 'f').catch(({ code }) => code);
  await all.clock.advance(LATE_MS - EARLY_MS + 1);
  assert.deepEqual([all.client.id, all.wire.nOpened, all.told], [ID, 2, []]);
  return all;
}

test('it stays until another one can be had', async (t) => {
  const { clock, wire, client, told } = await start(t);
  wire.refuseWith = refusal('EAGAIN');
  await clock.advance(LATE_MS + MINUTE_MS);
  assert.deepEqual([client.id, told], [ID, []]);
  assert.ok(wire.nOpened > 3);
  wire.refuseWith = null;
  await clock.advance(MINUTE_MS / 2);
  assert.deepEqual(told.map(([name]) => name), ['disconnected', 'connected']);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('who would be refused for good stays to the end', async (t) => {
  for (const code of ['EKEYREJECTED', 'EACCES']) {
    const { clock, wire, client, told } = await start(t);
    wire.refuseWith = refusal(code);
    await clock.advance(LAST_MS - 10);
    assert.deepEqual([client.id, wire.nOpened, told], [ID, 2, []]);
    await clock.advance(20);
    assert.deepEqual(told.map(([name]) => name), ['disconnected', 'reconnecting', 'abandoned']);
    assert.deepEqual([told[2][1].code, wire.nOpened], [code, 3]);
  }
});

test('one that does not answer is given up', async (t) => {
  const { clock, wire, client } = await start(t);
  await clock.advance(EARLY_MS - 1);
  wire.isDeaf = true;
  const aborted = once(wire, 'abort');
  await clock.advance(LATE_MS - EARLY_MS + 20000);
  await aborted;
  wire.isDeaf = false;
  await clock.advance(60000);
  assert.equal(client.id, NEW_ID);
  await client.close();
});

test('it takes over also when the old one breaks', async (t) => {
  const { clock, wire, client, told, call } = await startReady(t);
  wire.at = 0;
  wire.end(1006);
  assert.equal(await call, 'ECONNRESET');
  assert.deepEqual(told, [
    ['disconnected', {
      code: 1006, reason: '', error: null, byUs: false, willReconnect: true,
    }],
    ['connected', NEW_ID],
  ]);
  assert.deepEqual([client.id, wire.nOpened], [NEW_ID, 2]);
  await client.close();
  assert.equal(clock.nTimers, 0);
});

test('one that breaks is replaced', async (t) => {
  const { clock, wire, client, told } = await startReady(t);
  for (let i = 3; i < 6; i++) {
    wire.end(1001);
    await clock.advance(30000);
    assert.deepEqual([client.id, wire.nOpened, told], [ID, i, []]);
  }
  await client.close();
  assert.equal(clock.nTimers, 0);
});

test('it waits for what is in flight, then it takes over', async (t) => {
  const { clock, wire, client, call } = await startReady(t);
  const { payload: { data: { token } } } = await wire.hear();
  wire.at = 0;
  wire.packet(PEER, 'ACK', { token, ret: 5 });
  assert.equal(await call, 5);
  await clock.advance(10);
  assert.deepEqual([client.id, wire.nOpened], [NEW_ID, 2]);
  wire.at = -1;
  client.on('g', () => 'here');
  wire.packet(STRANGER, 'REQ', { token: 't', name: 'g', args: [] });
  assert.equal((await wire.hear()).payload.data.ret, 'here');
  wire.end(1006); /* and it is a connection like any other */
  await clock.advance(1000);
  assert.deepEqual([client.id, wire.nOpened], [NEW_ID, 3]);
  await client.close();
});

test('closing ends it, too', async (t) => {
  const { clock, wire, client, told } = await startReady(t);
  let nAborted = 0;
  wire.on('abort', () => { nAborted++; });
  wire.isDeaf = true; /* the old one takes its two seconds */
  const closing = client.close();
  assert.equal(nAborted, 1);
  await clock.advance(2000);
  await closing;
  assert.deepEqual(told.map(([name, { willReconnect }]) => [name, willReconnect]), [['disconnected', false]]);
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual([wire.nOpened, clock.nTimers], [2, 0]);
});

for (const name of ['disconnected', 'connected']) {
  test(`closing when told of ${name} in a change ends all`, async (t) => {
    const { clock, wire, client } = await startReady(t);
    const closed = new Promise((resolve) => {
      client.events.once(name, () => resolve(client.close()));
    });
    await clock.advance(10 * MINUTE_MS);
    await closed;
    assert.deepEqual([client.id, wire.nOpened, clock.nTimers], ['', 2, 0]);
    assert.equal(await client.connect(), NEW_ID);
    await client.close();
  });
}

test('connecting when told of a change gives the new id', async (t) => {
  const { clock, wire, client } = await startReady(t);
  let connecting;
  client.events.once('disconnected', () => { connecting = client.connect(); });
  await clock.advance(LAST_MS - LATE_MS);
  assert.equal(await connecting, NEW_ID);
  assert.equal(wire.nOpened, 2);
  await client.close();
});

/* ---- while it leaves ---- */

/* There is no other one, and the server does not answer the close frame, for
 * which it has two seconds. */
async function startLeaving(t, options) {
  const all = await start(t, options);
  all.wire.refuseWith = refusal('EKEYREJECTED');
  await all.clock.advance(LAST_MS - 1);
  all.wire.isDeaf = true;
  await all.clock.advance(2);
  assert.deepEqual([all.client.id, all.told, all.wire.nOpened], ['', [], 2]);
  all.wire.isDeaf = false;
  all.wire.refuseWith = null;
  return all;
}

test('while it leaves there is no connection, but soon', async (t) => {
  const { clock, wire, client } = await startLeaving(t);
  assert.equal((await failureOf(client.call(PEER, 'f'))).code, 'ENOTCONN');
  const connecting = client.connect();
  await clock.advance(10);
  assert.equal(wire.nOpened, 2);
  await clock.advance(2000);
  assert.equal(await connecting, NEW_ID);
  assert.equal(wire.nOpened, 3);
  await client.close();
});

test('closing while it leaves ends it', async (t) => {
  const { clock, wire, client, told } = await startLeaving(t);
  const connecting = failureOf(client.connect());
  await new Promise(setImmediate); /* so that it waits */
  const closing = client.close();
  await clock.advance(2000);
  await closing;
  assert.equal((await connecting).code, 'ECANCELED');
  assert.deepEqual(told.map(([name, { willReconnect }]) => [name, willReconnect]), [['disconnected', false]]);
  assert.deepEqual([wire.nOpened, clock.nTimers], [2, 0]);
  assert.equal(await client.connect(), NEW_ID);
  await client.close();
});

for (const name of ['disconnected', 'reconnecting']) {
  test(`closing when told of ${name} after it has left ends it, too`, async (t) => {
    const { clock, wire, client } = await startLeaving(t);
    client.events.once(name, () => client.close());
    client.events.on('abandoned', assert.fail);
    await clock.advance(10 * MINUTE_MS);
    assert.deepEqual([wire.nOpened, client.id, clock.nTimers], [2, '', 0]);
    assert.equal(await client.connect(), NEW_ID);
    await client.close();
  });
}

test('connecting when told that it has left is part of coming back', async (t) => {
  const { clock, wire, client } = await startLeaving(t);
  const connecting = event(client, 'disconnected').then(() => client.connect());
  await clock.advance(2100);
  assert.equal(await connecting, NEW_ID);
  assert.equal(wire.nOpened, 3);
  await client.close();
});

test('a plan does not come between closing and its end', async (t) => {
  const { clock, wire, client, told } = await start(t);
  await clock.advance(EARLY_MS - 1);
  wire.isDeaf = true;
  const closing = client.close();
  await clock.advance(10 * MINUTE_MS);
  await closing;
  assert.deepEqual(told.map(([name, { willReconnect }]) => [name, willReconnect]), [['disconnected', false]]);
  assert.equal(wire.nOpened, 1);
});

test('who cannot come back at once tries again, as after any loss', async (t) => {
  const { clock, wire, client, told } = await startLeaving(t, {
    reconnect: { min: 1, max: 2, attempts: 3 },
  });
  wire.refuseWith = refusal('ECONNREFUSED');
  await clock.advance(10 * MINUTE_MS);
  const delays = told.filter(([name]) => name === 'reconnecting').map(([, { delay }]) => delay);
  assert.deepEqual([delays.length, delays[0], told.at(-1)[0]], [3, 0, 'abandoned']);
  assert.ok(delays[1] <= 1 && delays[2] <= 2);
  assert.equal(wire.nOpened, 5);
  wire.refuseWith = null;
  assert.equal(await client.connect(), NEW_ID);
  await client.close();
});
