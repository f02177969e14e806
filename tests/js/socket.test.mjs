/* The package's socket against servers of node:http and ws, and both entries. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';

import { Monologue, MonologueError } from '../../client/js/index.js';
import { Monologue as InBrowser } from '../../client/js/browser.js';

const require = createRequire(import.meta.url);
const { WebSocketServer } = createRequire(require.resolve('../../client/js'))('ws');
const ID = 'q1vQy0qDk2kCAAA=';

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `ws://127.0.0.1:${server.address().port}/latest`;
}

async function failureOf(endpoint, options) {
  const client = new Monologue({ endpoint, apiKey: 'k', ...options });
  return client.connect().then(() => assert.fail('connected'), (error) => error);
}

test('each refusal has its code', async () => {
  const codes = {
    400: 'ECONNREFUSED', 401: 'EKEYREJECTED', 403: 'EKEYREJECTED', 429: 'EAGAIN', 500: 'ECONNREFUSED',
    503: 'EAGAIN', 200: 'ECONNREFUSED',
  };
  let status;
  const server = createServer();
  server.on('request', (request, response) => response.writeHead(status).end('{}'));
  server.on('upgrade', (request, socket) => {
    socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 2\r\n\r\n{}`);
  });
  const endpoint = await listen(server);
  for (const [number, code] of Object.entries(codes)) {
    status = number;
    const error = await failureOf(endpoint);
    assert.ok(error instanceof MonologueError);
    assert.deepEqual([error.code, error.message.includes(number)], [code, true]);
  }
  server.close();
  await once(server, 'close');
  assert.equal((await failureOf(endpoint)).code, 'ECONNREFUSED');
});

test('a server that is silent, or gone, or no such, is left', async () => {
  const sockets = [];
  const server = createTcpServer((socket) => sockets.push(socket.on('error', () => {})));
  const endpoint = await listen(server);
  assert.equal((await failureOf(endpoint, { timeout: 0.05 })).code, 'ETIMEDOUT');
  assert.equal((await failureOf(endpoint.replace('ws:', 'wss:'), { timeout: 0.05 })).code, 'ETIMEDOUT');
  server.on('connection', (socket) => socket.end('SSH-2.0-x\r\n'));
  const error = await failureOf(endpoint);
  assert.ok(error instanceof MonologueError);
  assert.match(error.message, /^cannot connect: /);
  for (const socket of sockets) socket.destroy();
  server.close();
  await once(server, 'close');
});

/* A server that knows one id, and keeps the requests and messages it gets. */
async function serve(options) {
  const heard = { requests: [], messages: [] };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', (socket, request) => {
    heard.requests.push(request);
    heard.socket = socket;
    socket.on('message', (data) => {
      heard.messages.push(String(data));
      if (String(data) === 'whoami') socket.send(ID);
      else server.emit('packet');
    });
  });
  await once(server, 'listening');
  return { server, heard, endpoint: `ws://127.0.0.1:${server.address().port}/latest` };
}

test('the handshake says who we are and what we want', async () => {
  const { server, heard, endpoint } = await serve();
  const client = new Monologue({ endpoint, apiKey: 's3cret', ws: { headers: { 'x-more': 'x' } } });
  assert.equal(await client.connect(), ID);
  const { headers, url } = heard.requests[0];
  assert.equal(headers['x-api-key'], 's3cret');
  assert.equal(headers['x-monologue-extensions'], 'nak');
  assert.equal(headers['x-more'], 'x');
  assert.equal(headers['sec-websocket-protocol'], undefined);
  assert.equal(headers['sec-websocket-extensions'], undefined);
  assert.equal(url, '/latest');
  await client.close();
  const plain = new Monologue({ endpoint, extensions: false });
  await plain.connect();
  assert.equal(heard.requests[1].headers['x-api-key'], undefined);
  assert.equal(heard.requests[1].headers['x-monologue-extensions'], undefined);
  await plain.close();
  server.close();
});

test('binary messages are nothing to us, the end of the server is', async () => {
  const { server, heard, endpoint } = await serve();
  const client = new Monologue({ endpoint });
  await client.connect();
  client.events.on('stray', assert.fail);
  heard.socket.send(Buffer.from('{}'));
  const lost = new Promise((resolve) => { client.events.once('disconnected', resolve); });
  heard.socket.close(1001, 'Going away');
  const { code, reason, byUs } = await lost;
  assert.deepEqual([code, reason, byUs], [1001, 'Going away', false]);
  server.close();
});

/* Sizes of the masked frames of under 64 KB that @bytes are. */
function* sizesOf(bytes) {
  for (let at = 0; at < bytes.length;) {
    const isLonger = (bytes[at + 1] & 127) === 126;
    const size = isLonger ? bytes.readUInt16BE(at + 2) : bytes[at + 1] & 127;
    yield size;
    at += (isLonger ? 8 : 6) + size;
  }
}

test('long messages go in frames that a server takes', async () => {
  const { server, heard, endpoint } = await serve();
  const chunks = [];
  server.on('connection', (socket, request) => {
    request.socket.on('data', (bytes) => chunks.push(bytes));
  });
  const client = new Monologue({ endpoint, frameLimit: 1000 });
  await client.connect();
  for (const text of ['x'.repeat(300), 'é'.repeat(2000), 'x'.repeat(5000)]) {
    const came = once(server, 'packet');
    client.call(ID, 'f', text).catch(() => {});
    await came;
    assert.deepEqual(JSON.parse(heard.messages.at(-1)).payload.data.args, [text]);
  }
  const sizes = [...sizesOf(Buffer.concat(chunks))];
  assert.equal(Math.max(...sizes), 1000);
  assert.equal(sizes.filter((size) => size === 1000).length, 9);
  await client.close();
  server.close();
});

/* Node 22 has the WebSocket of browsers; the older ones get that of ws. */
test('in a browser the key goes where it can', async () => {
  globalThis.WebSocket ??= require('../../client/js/node_modules/ws');
  const handleProtocols = (offered) => (offered.has('monologue') ? 'monologue' : false);
  const { server, heard, endpoint } = await serve({ handleProtocols });
  const apiKey = 'a+b/c ?&~>>?';
  const asked = 'x-monologue-extensions=nak';
  const cases = [
    [{ apiKey }, `/latest?${asked}`, `monologue,x-api-key.${Buffer.from(apiKey).toString('base64url')}`],
    [{ apiKey, keyIn: 'query' }, `/latest?${asked}&x-api-key=a%2Bb%2Fc%20%3F%26%7E%3E%3E%3F`, undefined],
    [{}, `/latest?${asked}`, undefined],
    [{ extensions: false }, '/latest', undefined],
  ];
  for (const [options, url, protocols] of cases) {
    const client = new InBrowser({ endpoint, ...options });
    assert.equal(await client.connect(), ID);
    const request = heard.requests.pop();
    assert.equal(request.url, url);
    assert.equal(request.headers['sec-websocket-protocol']?.replaceAll(' ', ''), protocols);
    await client.close();
  }
  server.close();
  await once(server, 'close');
  const error = await new InBrowser({ endpoint, apiKey }).connect().catch((fault) => fault);
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.message, /browser_keys/);
});

test('require() gives the class, and import the same one', () => {
  const Required = require('../../client/js');
  assert.equal(Required.Monologue, Required);
  assert.equal(typeof Required.MonologueError, 'function');
  assert.equal(new Required({ endpoint: 'ws://h' }).id, '');
  assert.throws(() => new Required({ endpoint: 'h' }), Required.MonologueError);
  if (process.features.require_module) assert.equal(Required, Monologue);
});
