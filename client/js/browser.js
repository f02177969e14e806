/*
 * The client for browsers, and whatever else has their WebSocket. Endpoint and
 * key must be told: there are no files to find them in.
 */

import { openSocket } from './lib/browser/socket.js';
import { Client } from './lib/client.js';
import { MonologueError } from './lib/errors.js';
import { makeOptions } from './lib/options.js';

export class Monologue extends Client {
  constructor(options) {
    super(openSocket, makeOptions(options));
  }
}

export { MonologueError };
export default Monologue;
