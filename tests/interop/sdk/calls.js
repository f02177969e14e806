'use strict';

/*
 * Version 2 and version 3 of the SDK call @connections, and find the errors by
 * the names that their users catch.
 *
 * usage: calls.js <monologued>
 */

const assert = require('assert/strict');
const { once } = require('events');
const { performance } = require('perf_hooks');
const AWS = require('aws-sdk');
const v3 = require('@aws-sdk/client-apigatewaymanagementapi');

const { Server, credentials, read } = require('./server');

const NEVER = 'AAAAAAAAAAACAAA=';
const LONGEST = 131072;

/* Both versions in one shape; an error has name, status and instance. */
function makeV2(endpoint, pair = credentials) {
    const api = new AWS.ApiGatewayManagementApi(
        { endpoint, region: 'us-east-1', credentials: new AWS.Credentials(pair), maxRetries: 0 });
    const call = (method, parameters) => api[method](parameters).promise();
    return {
        name: 'version 2',
        post: (id, data) => call('postToConnection', { ConnectionId: id, Data: data }),
        get: (id) => call('getConnection', { ConnectionId: id }),
        delete: (id) => call('deleteConnection', { ConnectionId: id }),
        describe: (error) => [error.code, error.statusCode],
    };
}

function makeV3(endpoint, pair = credentials) {
    const api = new v3.ApiGatewayManagementApiClient(
        { endpoint, region: 'us-east-1', credentials: pair, maxAttempts: 1 });
    return {
        name: 'version 3',
        post: (id, data) => api.send(new v3.PostToConnectionCommand({ ConnectionId: id, Data: data })),
        get: (id) => api.send(new v3.GetConnectionCommand({ ConnectionId: id })),
        delete: (id) => api.send(new v3.DeleteConnectionCommand({ ConnectionId: id })),
        describe: (error) => {
            const Class = v3[error.name];
            if (Class) assert.ok(error instanceof Class, `instanceof ${error.name}`);
            return [error.name, error.$metadata.httpStatusCode];
        },
    };
}

async function fails(api, call, name, status) {
    let error = null;
    await call.catch((reason) => { error = reason; });
    assert.ok(error, `${api.name}: ${name} is thrown`);
    assert.deepEqual(api.describe(error), [name, status]);
}

async function callsSucceed(api, server) {
    const client = await server.connect();
    for (const data of ['text', Buffer.from('{"n":"é"}'), 'x'.repeat(LONGEST)]) {
        const heard = read(client);
        await api.post(client.id, data);
        assert.equal(await heard, data.toString());
    }
    const told = await api.get(client.id);
    const since = told.ConnectedAt || told.connectedAt;
    assert.ok(Math.abs(Date.now() - since) < 60000, 'connected in this minute');
    const identity = told.Identity || told.identity;
    assert.equal(identity.SourceIp || identity.sourceIp, '127.0.0.1');
    const closed = once(client, 'close');
    await api.delete(client.id);
    const [code, reason] = await closed;
    assert.deepEqual([code, reason.toString()], [1000, 'Connection Closed Normally']);
    return client.id;
}

async function callsFail(api, make, server, gone) {
    const client = await server.connect();
    for (const id of [gone, NEVER]) {
        await fails(api, api.post(id, 'x'), 'GoneException', 410);
        await fails(api, api.get(id), 'GoneException', 410);
        await fails(api, api.delete(id), 'GoneException', 410);
    }
    await fails(api, api.get('not-an-id'), 'BadRequestException', 400);
    await fails(api, api.post(client.id, 'x'.repeat(LONGEST + 1)), 'PayloadTooLargeException', 413);
    const elsewhere = make(server.url.replace(/[^/]*$/, 'elsewhere'));
    await fails(elsewhere, elsewhere.post(client.id, 'x'), 'ForbiddenException', 403);
    client.close();
}

/* A client that reads nothing, until posts to it are refused. */
async function postsToTheDeafFail(api, server) {
    const client = await server.connect();
    client.pause();
    const posts = async () => {
        for (;;) await api.post(client.id, 'x'.repeat(LONGEST));
    };
    await fails(api, posts(), 'LimitExceededException', 429);
    client.terminate();
}

async function strangersFail(make, server) {
    const liar = make(server.url, { ...credentials, secretAccessKey: 'another' });
    await fails(liar, liar.get(NEVER), 'InvalidSignatureException', 403);
    const stranger = make(server.url, { ...credentials, accessKeyId: 'AKIDOTHER' });
    await fails(stranger, stranger.get(NEVER), 'UnrecognizedClientException', 403);
}

async function main([program]) {
    const server = await Server.start(program, ['--workers=2', '--send-queue-limit=160K']);
    for (const make of [makeV2, makeV3]) {
        const api = make(server.url);
        const began = performance.now();
        const gone = await callsSucceed(api, server);
        await callsFail(api, make, server, gone);
        await postsToTheDeafFail(api, server);
        await strangersFail(make, server);
        console.log(`${api.name}: ${Math.round(performance.now() - began)} ms`);
    }
    await server.stop();
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
