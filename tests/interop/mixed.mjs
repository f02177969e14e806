/*
 * A client on Node and our C library call each other at the same time: no call
 * is lost or altered, and those of each come in order.
 *
 * usage: mixed.mjs MIXED_PEER {original|package}; MIXED_CALLS each way, 5000
 * unless it says other
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws8';

import { Monologue } from '../../client/js/index.js';
import { Original } from './original.mjs';

const N_CALLS = Number(process.env.MIXED_CALLS || 5000);
const WINDOW = 64;
const TIMEOUT_MS = 120000;

/* What the n-th call says; mixed_peer.c makes the same. */
function makeArgs(n) {
    const pad = String.fromCharCode(97 + n % 26).repeat(n * 7919 % 3000);
    return [n, { pad, odd: [null, true, 'é 😀 \u0001"\\/'] }];
}

const options = {
    endpoint: process.env.MONOLOGUE_ENDPOINT,
    apiKey: process.env.MONOLOGUE_API_KEY,
};

/* Our package, which keeps what went wrong as the original client does. */
async function connectPackage() {
    const client = new Monologue({ ...options, timeout: TIMEOUT_MS / 1000 });
    client.errors = [];
    for (const name of ['refused', 'stray', 'unknown', 'overload', 'failed'])
        client.events.on(name, (what) => client.errors.push(what));
    await client.connect();
    return client;
}

const client = process.argv[3] === 'package'
    ? await connectPackage()
    : await Original.connect(WebSocket, { ...options, timeoutMs: TIMEOUT_MS });

let nAnswered = 0;
const answeredAll = new Promise((resolve) => {
    client.on('echo', (...args) => {
        assert.deepEqual(args, makeArgs(nAnswered++));
        if (nAnswered === N_CALLS) resolve();
        return args;
    });
});

const peer = spawn(process.argv[2], [client.id, String(N_CALLS)], { stdio: ['ignore', 'pipe', 'inherit'] });
const ended = once(peer, 'exit').then(([code]) => assert.equal(code, 0));
const [peerId] = await Promise.race([
    once(createInterface(peer.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('mixed_peer ended before it began'))),
]);

let nCalled = 0;
let nSettled = 0;
async function callInTurn() {
    while (nCalled < N_CALLS) {
        const n = nCalled++;
        assert.deepEqual(await client.call(peerId, 'echo', ...makeArgs(n)), makeArgs(n));
        assert.equal(n, nSettled++); /* answers come in order, too */
    }
}
await Promise.all(Array.from({ length: WINDOW }, callInTurn));
await answeredAll;
await new Promise(setImmediate); /* the last answer follows its handler */
client.call(peerId, 'finish').catch(() => {}); /* it may end without a word */
await ended;
assert.deepEqual(client.errors, []);
console.log(`${N_CALLS} calls each way`);
process.exit(0);
