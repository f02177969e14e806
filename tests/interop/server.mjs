/*
 * A monologued in a process of its own.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class Server {
  endpoint; /* with the port that it got */
  #process;
  #kill = (signal) => this.#process.kill(typeof signal === 'string' ? signal : 'SIGTERM');

  static async start(program, listen, ...options) {
    const server = new Server();
    server.#process = spawn(program, [`--listen=${listen}`, ...options], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    process.once('exit', server.#kill);
    const [line] = await once(createInterface(server.#process.stdout), 'line');
    server.endpoint = line.replace('endpoint ', '');
    return server;
  }

  /* To listen on the same port again. */
  get address() {
    return this.endpoint.replace('/latest', '');
  }

  async end(signal = 'SIGTERM') {
    this.#kill(signal);
    await once(this.#process, 'exit');
    process.off('exit', this.#kill);
  }
}
