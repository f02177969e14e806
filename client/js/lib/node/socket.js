/*
 * A WebSocket of Node's: package ws.
 */

import { WebSocket } from 'ws';

import { MonologueError } from '../errors.js';
import { Tunnel } from './tunnel.js';

/* What a refusal means, as in our C library. */
const REFUSALS = { 401: 'EKEYREJECTED', 403: 'EKEYREJECTED', 429: 'EAGAIN', 503: 'EAGAIN' };

function refusalOf(status) {
  const code = REFUSALS[status] ?? 'ECONNREFUSED';
  const hint = code === 'EKEYREJECTED' ? ': is the API key right, and the path?' : '';
  return new MonologueError(code, `the server refused the connection with ${status}${hint}`);
}

function failureOf(error) {
  if (error instanceof MonologueError) return error; /* of the way to the server */
  return new MonologueError(error.code ?? 'EPROTO', `cannot connect: ${error.message}`, error);
}

function headersOf({ apiKey, extensions, ws }) {
  return {
    ...(apiKey && { 'x-api-key': apiKey }),
    ...(extensions && { 'x-monologue-extensions': 'nak' }),
    ...ws?.headers,
  };
}

/* Long texts go in several frames, which may part a character. */
function sendInFrames(socket, text, frameLimit) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += frameLimit) {
    const end = at + frameLimit;
    socket.send(bytes.subarray(at, end), { binary: false, fin: end >= bytes.length });
  }
}

/**
 * Opens a socket.
 * @param {object} options made by makeOptions(); `ws`: what ws is told besides;
 *   `proxy`: from findProxy()
 * @param {object} on told of `open()`, `message(text)`, and of the end, once:
 *   `end({ code, reason, error })`, error only where there is one
 * @returns {object} `send(text)`, which may throw EMSGSIZE, `buffered()`, in bytes, `close()`, in order,
 *   and `abort()`, after which nothing is told
 */
export function openSocket(options, on) {
  const isSecure = /^wss:/i.test(options.endpoint);
  const tunnel = options.proxy && new Tunnel(options.proxy, isSecure);
  const socket = new WebSocket(options.endpoint, {
    perMessageDeflate: false,
    ...(tunnel && { agent: tunnel }),
    ...options.ws,
    headers: headersOf(options),
  });
  let failure;
  socket.on('open', () => on.open());
  socket.on('message', (data, isBinary) => !isBinary && on.message(String(data)));
  socket.on('unexpected-response', (request, response) => {
    failure = refusalOf(response.statusCode);
    response.resume();
    socket.terminate();
  });
  socket.on('error', (error) => { failure ??= failureOf(error); });
  socket.on('close', (code, reason) => on.end({ code, reason: String(reason), error: failure }));
  return {
    send: (text) => {
      if (text.length * 3 <= options.frameLimit) socket.send(text);
      else sendInFrames(socket, text, options.frameLimit);
    },
    buffered: () => socket.bufferedAmount,
    close: () => socket.close(),
    abort: () => {
      socket.removeAllListeners();
      socket.on('error', () => {}); /* of a handshake that was cut short */
      socket.terminate();
      tunnel?.destroy();
    },
  };
}
