/*
 * The client for Node.
 */

import { Client } from './lib/client.js';
import { MonologueError } from './lib/errors.js';
import { findOptions } from './lib/node/found.js';
import { findProxy } from './lib/node/proxy.js';
import { openSocket } from './lib/node/socket.js';
import { makeOptions } from './lib/options.js';

/* An agent of the program's own is a way of its own. */
function withProxy(options, given) {
  const proxy = options.ws?.agent ? null : findProxy(given?.proxy, options.endpoint);
  return { ...options, proxy };
}

export class Monologue extends Client {
  constructor(options) {
    super(openSocket, withProxy(makeOptions(options, findOptions()), options));
  }
}

export { MonologueError };
export default Monologue;
