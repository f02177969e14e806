'use strict';

/*
 * Lets clients call each other through docs/examples/relay-backend.
 *
 * usage: backend.js <monologued> <the example's folder>
 */

const assert = require('assert/strict');
const { spawn } = require('child_process');
const { once } = require('events');
const path = require('path');
const { createInterface } = require('readline');

const { Server, credentials, read } = require('./server');

async function startBackend(folder, server) {
    const backend = spawn(process.execPath, [path.join(folder, 'backend.js')], {
        env: {
            ...process.env,
            NODE_PATH: path.join(__dirname, 'node_modules'),
            MONOLOGUE_ENDPOINT: server.endpoint,
            MONOLOGUE_API_KEY: server.apiKey,
            AWS_ACCESS_KEY_ID: credentials.accessKeyId,
            AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(backend.stdout)) return { backend, id: line };
    throw new Error('the backend ended at once');
}

async function main([program, folder]) {
    const server = await Server.start(program, ['--workers=2']);
    const { backend, id } = await startBackend(folder, server);
    const [a, b] = [await server.connect(), await server.connect()];
    const send = (client, to, payload) => client.send(JSON.stringify(
        { to: id, payload: { type: 'ROUTE', data: { to, payload } } }));

    const request = { type: 'REQ', data: { token: 't', name: 'add', args: [2, 3] } };
    const asked = read(b);
    send(a, b.id, request);
    assert.equal(await asked, JSON.stringify({ from: a.id, payload: request }));

    const answer = { type: 'ACK', data: { token: 't', ret: 5 } };
    const answered = read(a);
    send(b, a.id, answer);
    assert.deepEqual(JSON.parse(await answered), { from: b.id, payload: answer });

    const inOrder = [];
    b.on('message', (text) => inOrder.push(JSON.parse(text).payload.data));
    const heardAll = new Promise((resolve) => {
        b.on('message', () => inOrder.length === 100 && resolve());
    });
    for (let i = 0; i < 100; i++) send(a, b.id, { type: 'T', data: i });
    await heardAll;
    assert.deepEqual(inOrder, Array.from({ length: 100 }, (_, i) => i));

    const refused = read(a);
    send(a, 'AAAAAAAAAAACAAA=', request);
    assert.deepEqual(JSON.parse(await refused), { error: 'GoneException', to: 'AAAAAAAAAAACAAA=' });

    const ended = once(backend, 'exit');
    await server.stop();
    assert.deepEqual(await ended, [0, null], 'the backend ends with its server');
    console.log('104 packets the long way round');
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
