/*
 * The client for Node.
 */

import { Client } from './lib/client.js';
import { MonologueError } from './lib/errors.js';
import { findOptions } from './lib/node/found.js';
import { openSocket } from './lib/node/socket.js';
import { makeOptions } from './lib/options.js';

export class Monologue extends Client {
  constructor(options) {
    super(openSocket, makeOptions(options, findOptions()));
  }
}

export { MonologueError };
export default Monologue;
