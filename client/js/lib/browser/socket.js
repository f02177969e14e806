/*
 * A WebSocket as browsers have it: no headers can be set, so the key goes as a
 * subprotocol or in the query. See browser_keys in monologued.conf(5).
 */

import { MonologueError } from '../errors.js';

const PROTOCOL = 'monologue';
const encoder = new TextEncoder();

function base64url(text) {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function addressOf({ endpoint, apiKey, keyIn, extensions }) {
  const url = new URL(endpoint);
  if (extensions) url.searchParams.set('x-monologue-extensions', 'nak');
  if (apiKey && keyIn === 'query') url.searchParams.set('x-api-key', apiKey);
  return url.href.replaceAll('+', '%20'); /* which URLSearchParams does not */
}

function protocolsOf({ apiKey, keyIn }) {
  return apiKey && keyIn !== 'query' ? [PROTOCOL, `x-api-key.${base64url(apiKey)}`] : [];
}

/* A page is told nothing else of a refusal. */
function failureOf() {
  return new MonologueError('ECONNREFUSED', 'cannot connect: is the server there, with '
    + 'browser_keys = on, and are the API key and the path right?');
}

/*
 * A page cannot cut a message into frames, and the server would end the whole
 * connection over one that is too long.
 */
function checkSize(text, frameLimit) {
  if (text.length * 3 > frameLimit && encoder.encode(text).length > frameLimit) {
    throw new MonologueError('EMSGSIZE', `a message of a browser is ${frameLimit} bytes at most`);
  }
}

/** As lib/node/socket.js has it; options.keyIn: 'subprotocol' or 'query'. */
export function openSocket(options, on) {
  const socket = new WebSocket(addressOf(options), protocolsOf(options));
  let hasOpened = false;
  socket.onopen = () => {
    hasOpened = true;
    on.open();
  };
  socket.onmessage = ({ data }) => typeof data === 'string' && on.message(data);
  socket.onerror = () => {}; /* the end that follows tells */
  socket.onclose = ({ code, reason }) => {
    on.end({ code, reason, error: hasOpened ? undefined : failureOf() });
  };
  return {
    send: (text) => {
      checkSize(text, options.frameLimit);
      socket.send(text);
    },
    buffered: () => socket.bufferedAmount,
    close: () => socket.close(),
    abort: () => {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null;
      socket.close();
    },
  };
}
