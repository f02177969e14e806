'use strict';

/*
 * The original's router as a server on Node: ws for the sockets, ajv for the
 * schema, JSON.parse and JSON.stringify for the packets. What most people would
 * write first, and what bench.py holds us against. Prints its port.
 */

const { randomBytes } = require('crypto');
const { WebSocketServer } = require('../interop/node_modules/ws8');

const { judge } = require('../interop/packet/judge');

const peers = new Map();

function refuse(socket, id) {
    const request = randomBytes(11).toString('base64url');
    socket.send(`{"message": "Internal server error", "connectionId":"${id}", "requestId":"${request}="}`);
}

function relay(socket, id, text) {
    const { verdict, packet } = judge(text, id);
    if (verdict === 'whoami') return socket.send(id);
    const receiver = verdict === 'relay' && peers.get(packet.to);
    if (!receiver) return refuse(socket, id);
    receiver.send(JSON.stringify({ from: id, payload: packet.payload }));
}

const server = new WebSocketServer({
    host: '127.0.0.1', port: 0, perMessageDeflate: false, maxPayload: 131072, backlog: 4096
});
server.on('connection', (socket) => {
    const id = `${randomBytes(11).toString('base64url')}=`;
    peers.set(id, socket);
    socket.on('message', (data) => relay(socket, id, data.toString()));
    socket.on('close', () => peers.delete(id));
});
server.on('listening', () => console.log(server.address().port));
