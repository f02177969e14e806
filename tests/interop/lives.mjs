/*
 * What our package lives through: the server's restarts, its limits, its end, a
 * key that it no longer takes.
 *
 * usage: lives.mjs MONOLOGUED
 */

import assert from 'node:assert/strict';

import { Monologue } from '../../client/js/index.js';
import { Server } from './server.mjs';

const reconnect = { min: 0.01, max: 0.1 };

const start = (...args) => Server.start(process.argv[2], ...args);
const event = (client, name) => new Promise((resolve) => { client.events.once(name, resolve); });

async function surviveRestarts(signal, code) {
  let server = await start('ws://127.0.0.1:0', '--api-key=k');
  const { endpoint, address } = server;
  const [caller, callee] = [1, 2].map(() => new Monologue({ endpoint, apiKey: 'k', reconnect }));
  callee.on('echo', (x) => x).on('never', () => new Promise(() => {}));
  await Promise.all([caller.connect(), callee.connect()]);
  const ids = [caller.id, callee.id];
  for (let i = 0; i < 3; i++) {
    const call = caller.call(callee.id, 'never').then(assert.fail, (error) => error);
    assert.equal(await caller.call(callee.id, 'echo', i), i);
    const lost = [event(caller, 'disconnected'), event(callee, 'disconnected')];
    const found = [event(caller, 'connected'), event(callee, 'connected')];
    await server.end(signal);
    for (const end of await Promise.all(lost)) {
      assert.deepEqual([end.code, end.byUs, end.willReconnect], [code, false, true]);
    }
    assert.equal((await call).code, 'ECONNRESET');
    server = await start(address, '--api-key=k');
    ids.push(...await Promise.all(found));
    assert.equal(await caller.call(callee.id, 'echo', 'again'), 'again');
  }
  assert.equal(new Set(ids).size, ids.length);
  await server.end();
  await Promise.all([caller.close(), callee.close()]);
}

/* One shows that it lives, one does not; each end is waited for. */
async function surviveIdleness() {
  const server = await start('ws://127.0.0.1:0', '--idle-timeout=1s', '--api-key=k');
  const options = { endpoint: server.endpoint, apiKey: 'k' };
  const alive = new Monologue({ ...options, keepalive: 0.1 });
  const idle = new Monologue({ ...options, keepalive: false });
  const id = await alive.connect();
  alive.events.on('disconnected', ({ byUs }) => assert.ok(byUs));
  for (let i = 0; i < 2; i++) {
    await idle.connect();
    const { code, reason, willReconnect } = await event(idle, 'disconnected');
    assert.deepEqual([code, reason, willReconnect], [1001, 'Going away', false]);
  }
  assert.equal(alive.id, id);
  assert.equal(await alive.call(id, 'nobody').catch(({ code }) => code), 'ENOSYS');
  await alive.close();
  await server.end();
}

/* The server would end each connection; the one who knows leaves before. */
async function leaveInTime() {
  const server = await start('ws://127.0.0.1:0', '--session-limit=2s', '--api-key=k');
  const options = { endpoint: server.endpoint, apiKey: 'k' };
  const wise = new Monologue({ ...options, reconnect, session: 2 });
  const naive = new Monologue({ ...options, reconnect });
  const ids = [await wise.connect(), await naive.connect()];
  const ended = event(naive, 'disconnected');
  for (let i = 0; i < 2; i++) {
    const found = event(wise, 'connected');
    const { code, byUs, error, willReconnect } = await event(wise, 'disconnected');
    assert.deepEqual([code, byUs, error, willReconnect], [1005, true, null, true]);
    ids.push(await found);
    wise.on('me', () => 'me');
    assert.equal(await wise.call(wise.id, 'me'), 'me');
  }
  const { code, byUs } = await ended;
  assert.deepEqual([code, byUs], [1001, false]);
  assert.equal(new Set(ids).size, ids.length);
  await Promise.all([wise.close(), naive.close()]);
  await server.end();
}

async function giveUpWithoutAKey() {
  const server = await start('ws://127.0.0.1:0', '--api-key=k');
  const client = new Monologue({ endpoint: server.endpoint, apiKey: 'k', reconnect });
  await client.connect();
  const abandoned = event(client, 'abandoned');
  await server.end();
  const other = await start(server.address, '--api-key=another');
  assert.equal((await abandoned).code, 'EKEYREJECTED');
  await assert.rejects(client.connect(), { code: 'EKEYREJECTED' });
  await other.end();
}

await surviveRestarts('SIGTERM', 1001);
await surviveRestarts('SIGKILL', 1006);
await surviveIdleness();
await leaveInTime();
await giveUpWithoutAKey();
