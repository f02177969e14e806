/*
 * Two versions of ws, each as an original client, call each other and
 * themselves; what is impossible fails as it does on AWS.
 */

import assert from 'node:assert/strict';
import WebSocket7 from 'ws7';
import { WebSocket as WebSocket8 } from 'ws8';

import { Original } from './original.mjs';

const endpoint = process.env.MONOLOGUE_ENDPOINT;
const apiKey = process.env.MONOLOGUE_API_KEY;
const N_CALLS = 1000;

const values = [
    null, true, 0, -1.5e-300, 12345678901234, '', 'text', '\u0000\u001f\u2028\ud83d\ude00é"\\/',
    [], {}, [[[]]], { a: { b: [1, { c: null }] } }, 'x'.repeat(30000),
];

function connect(WebSocket, options = {}) {
    return Original.connect(WebSocket, { endpoint, apiKey, ...options });
}

async function callEachOther(a, b) {
    for (const client of [a, b]) {
        client.on('echo', (...args) => args);
        client.on('wait', () => new Promise((done) => client.on('release', done)));
        client.on('nothing', () => undefined);
    }
    for (const [from, to] of [[a, b], [b, a], [a, a], [b, b]]) {
        for (const value of values) assert.deepEqual(await from.call(to.id, 'echo', value), [value]);
        assert.deepEqual(await from.call(to.id, 'echo', ...values.slice(0, -1)), values.slice(0, -1));
        assert.equal(await from.call(to.id, 'nothing'), undefined);
        const calls = Array.from({ length: N_CALLS }, (_, i) => from.call(to.id, 'echo', i));
        (await Promise.all(calls)).forEach((ret, i) => assert.deepEqual(ret, [i]));
    }
    const answers = [];
    const waits = a.call(b.id, 'wait').then((ret) => answers.push(ret));
    answers.push(...await a.call(b.id, 'echo', 'first'));
    await a.call(b.id, 'release', 'second');
    await waits;
    assert.deepEqual(answers, ['first', 'second']);
}

async function failAsOnAws(WebSocket, friend) {
    const impatient = await connect(WebSocket, { timeoutMs: 100 });
    await assert.rejects(impatient.call('eHrdFcnvvHcCE-w=', 'echo', 1), /no answer/);
    assert.equal(impatient.errors.length, 1);
    assert.equal(impatient.errors[0].message, 'Internal server error');
    assert.equal(impatient.errors[0].connectionId, impatient.id);
    await assert.rejects(impatient.call(friend.id, 'no such name'), /no answer/);
    assert.equal(impatient.errors.length, 1);
    assert.deepEqual(await impatient.close(4001, 'done'), [4001, 'done']);
    await assert.rejects(connect(WebSocket, { apiKey: 'guess' }), /403/);
    await assert.rejects(connect(WebSocket, { endpoint: `${endpoint}x` }), /403/);
}

const clients = [];
for (const WebSocket of [WebSocket7, WebSocket8]) {
    const client = await connect(WebSocket);
    assert.match(client.id, /^[A-Za-z0-9_-]{14}[AQgw]=$/);
    assert.equal(client.socket.extensions.length, 0);
    clients.push(client);
}
const [a, b] = clients;
await callEachOther(a, b);
await failAsOnAws(WebSocket7, a);
await failAsOnAws(WebSocket8, b);
const pong = new Promise((resolve) => b.socket.once('pong', resolve));
b.socket.ping('as it was');
assert.equal(String(await pong), 'as it was');
assert.deepEqual(await a.close(1000, 'bye'), [1000, 'bye']);
assert.deepEqual(await b.close(), [1005, '']);
