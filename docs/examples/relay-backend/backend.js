'use strict';

/*
 * monologue's router, the long way round: a backend that hears every packet and
 * posts it to its receiver through @connections, as the Lambda on AWS does.
 *
 * On AWS a message invokes the Lambda; here the backend is itself a client, and
 * those who want its services send their packets to its id:
 *
 *     {"to": BACKEND, "payload": {"type": "ROUTE", "data": PACKET}}
 *
 * with PACKET as {"to": RECEIVER, "payload": {...}}. The receiver gets
 * {"from": SENDER, "payload": {...}}, and if it is gone, the sender gets
 * {"error": "GoneException", "to": RECEIVER}. This is the place for what
 * monologued itself does not do: filtering, logging, copies to a queue.
 *
 *     monologued --write-rc=.monologuerc &
 *     MONOLOGUE_ENDPOINT=ws://... MONOLOGUE_API_KEY=... node backend.js
 *
 * It prints its id. AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY sign its posts.
 * With MONOLOGUE_ENDPOINT=wss://API.execute-api.REGION.amazonaws.com/STAGE the
 * same posts go to AWS.
 */

const WebSocket = require('ws');
const {
    ApiGatewayManagementApiClient, PostToConnectionCommand,
} = require('@aws-sdk/client-apigatewaymanagementapi');

const endpoint = process.env.MONOLOGUE_ENDPOINT;
const apiKey = process.env.MONOLOGUE_API_KEY;

const api = new ApiGatewayManagementApiClient({
    endpoint: endpoint.replace(/^ws/, 'http'),
    region: process.env.AWS_REGION || 'us-east-1',
});

function post(connectionId, value) {
    return api.send(new PostToConnectionCommand(
        { ConnectionId: connectionId, Data: JSON.stringify(value) }));
}

/* What the Lambda does. @from is who sent the packet: the server says so. */
async function route(from, packet) {
    const { to, payload } = packet;
    try {
        await post(to, { from, payload });
    } catch (error) {
        console.error(`not posted from=${from} to=${to} error=${error.name}`);
        await post(from, { error: error.name, to });
    }
}

/* A message waits for those before it, so that packets stay in order. */
let last = Promise.resolve();

function queue(text) {
    const { from, payload } = JSON.parse(text);
    if (!payload || payload.type !== 'ROUTE' || !payload.data) return;
    last = last.then(() => route(from, payload.data))
        .catch((error) => console.error(`lost from=${from} error=${error.name}`));
}

const socket = new WebSocket(endpoint, { headers: { 'x-api-key': apiKey } });
socket.on('open', () => socket.send('whoami'));
socket.once('message', (id) => {
    console.log(String(id));
    socket.on('message', (text) => queue(String(text)));
});
socket.on('error', (error) => {
    console.error(`lost the server: ${error.message}`);
    process.exitCode = 1;
});
socket.on('close', () => last.then(() => process.exit()));
