/*
 * Our package, by import and by require(), and a client of the original's kind
 * call each other and themselves; what is impossible fails, at once where it
 * can.
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { rootCertificates } from 'node:tls';
import { WebSocket } from 'ws8';

import { Monologue } from '../../client/js/index.js';
import { Original } from './original.mjs';

const Required = createRequire(import.meta.url)('../../client/js');
const endpoint = process.env.MONOLOGUE_ENDPOINT;
const apiKey = process.env.MONOLOGUE_API_KEY;
const N_CALLS = 1000;
const NOBODY = 'eHrdFcnvvHcCE-w=';

const values = [
  null, true, 0, -1.5e-300, 12345678901234, '', 'text', '\u0000\u001f\u2028\ud83d\ude00é"\\/',
  '\ud800', [], {}, [[[]]], { a: { b: [1, { c: null }] } }, { 0: 1, b: 2 },
  'x'.repeat(30000),
];
/* Longer than a frame may be, and cut amid characters. */
const longValues = ['x'.repeat(130000), 'é'.repeat(60000), `x${'€'.repeat(40000)}`];

function serve(client) {
  client.on('echo', (...args) => args);
  let release;
  client.on('wait', () => new Promise((done) => { release = done; }));
  client.on('release', (ret) => release(ret));
  client.on('nothing', () => undefined);
}

async function call(from, to) {
  for (const value of values) assert.deepEqual(await from.call(to.id, 'echo', value), [value]);
  const some = values.slice(0, -1);
  assert.deepEqual(await from.call(to.id, 'echo', ...some), some);
  assert.equal(await from.call(to.id, 'nothing'), undefined);
  const calls = Array.from({ length: N_CALLS }, (_, i) => from.call(to.id, 'echo', i));
  (await Promise.all(calls)).forEach((ret, i) => assert.deepEqual(ret, [i]));
  const order = [];
  const waits = from.call(to.id, 'wait').then((ret) => order.push(ret));
  order.push(...await from.call(to.id, 'echo', 'first'));
  await from.call(to.id, 'release', 'second');
  await waits;
  assert.deepEqual(order, ['first', 'second']);
}

async function failWithOurs(client, other) {
  const codeOf = (...args) => client.call(...args).then(assert.fail, ({ code }) => code);
  other.on('breaks', () => { throw new Error('as it does'); });
  other.on('too long', () => 'x'.repeat(131072));
  assert.equal(await codeOf(other.id, 'no such name'), 'ENOSYS');
  assert.equal(await codeOf(other.id, 'breaks'), 'EREMOTEIO');
  assert.equal(await codeOf(other.id, 'too long'), 'EMSGSIZE');
  assert.equal(await codeOf(other.id, 'echo', 'x'.repeat(131072)), 'EMSGSIZE');
}

async function failWithOriginal(client, original) {
  await assert.rejects(
    client.callWith({ timeout: 0.1 }, original.id, 'no such name'),
    { name: 'TimeoutError', code: 'ETIMEDOUT' },
  );
  const impatient = await Original.connect(WebSocket, { endpoint, apiKey, timeoutMs: 100 });
  await assert.rejects(impatient.call(client.id, 'no such name'), /no answer/);
  assert.deepEqual(impatient.errors, []); /* what it does not know it does not see */
  await impatient.close();
}

/* The server says so, if it is asked; if not, it says only that it refused. */
async function callNobody(client) {
  await assert.rejects(client.call(NOBODY, 'echo'), { code: 'ENOENT', message: /^echo: no open/ });
  const plain = new Monologue({ endpoint, apiKey, extensions: false });
  await plain.connect();
  const refused = new Promise((resolve) => { plain.events.once('refused', resolve); });
  const failed = plain.callWith({ timeout: 0.1 }, NOBODY, 'echo').catch(({ name }) => name);
  assert.deepEqual(await Promise.all([failed, refused]), ['TimeoutError', 'Internal server error']);
  await plain.close();
}

async function beRefused() {
  await assert.rejects(new Monologue({ endpoint, apiKey: 'guess' }).connect(), { code: 'EKEYREJECTED' });
  await assert.rejects(new Monologue({ endpoint: `${endpoint}x` }).connect(), { code: 'EKEYREJECTED' });
  const untrusting = new Monologue({ endpoint, ws: { ca: rootCertificates[0] } });
  if (!endpoint.startsWith('wss:')) return;
  await assert.rejects(untrusting.connect(), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
}

const ours = [new Monologue(), new Required({ endpoint, apiKey })];
for (const client of ours) assert.match(await client.connect(), /^[A-Za-z0-9_-]{14}[AQgw]=$/);
const original = await Original.connect(WebSocket, { endpoint, apiKey });
const clients = [...ours, original];
clients.forEach(serve);
for (const from of clients) {
  for (const to of clients) await call(from, to);
}
for (const value of longValues) {
  assert.deepEqual(await ours[0].call(ours[1].id, 'echo', value), [value]);
}
await failWithOurs(...ours);
await failWithOriginal(ours[0], original);
await callNobody(ours[0]);
await beRefused();
await Promise.all([...ours, original].map((client) => client.close()));
