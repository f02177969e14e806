/*
 * A socket in memory, whose other end is the test.
 */

import { EventEmitter, once } from 'node:events';

import { Client } from '../../client/js/lib/client.js';
import { makeOptions } from '../../client/js/lib/options.js';

export const ID = 'q1vQy0qDk2kCAAA=';
export const PEER = 'Zr3hXnS0m9ECAAQ=';
export const STRANGER = 'eHrdFcnvvHcCE-w=';

/* The server's end of the newest connection. */
export class Wire extends EventEmitter {
  nOpened = 0;
  sent = []; /* by the client, whoami left out */
  nHeard = 0; /* of these, by the test */
  nWhoami = 0;
  nBuffered = 0;
  id = ID;
  isDeaf = false; /* answers neither whoami nor a close */
  refuseWith = null; /* an error, instead of a connection */

  openSocket = (options, on) => {
    this.on_ = on;
    this.nOpened++;
    queueMicrotask(() => (this.refuseWith
      ? on.end({ code: 1006, reason: '', error: this.refuseWith }) : on.open()));
    return {
      send: (text) => this.#take(text),
      buffered: () => this.nBuffered,
      close: () => this.isDeaf || queueMicrotask(() => on.end({ code: 1005, reason: '' })),
      abort: () => this.emit('abort'),
    };
  };

  #take(text) {
    if (text !== 'whoami') {
      this.sent.push(JSON.parse(text));
      this.emit('packet');
      return;
    }
    this.nWhoami++;
    this.emit('whoami');
    if (!this.isDeaf) queueMicrotask(() => this.say(this.id));
  }

  /* To the client. */
  say(text) {
    this.on_.message(text);
  }

  packet(from, type, data) {
    this.say(JSON.stringify({ from, payload: { type, data } }));
  }

  end(code, reason = '') {
    this.on_.end({ code, reason });
  }

  /* The next packet of the client, which may have come already. */
  async hear() {
    const n = this.nHeard++;
    while (this.sent.length <= n) await once(this, 'packet');
    return this.sent[n];
  }

  client(options) {
    return new Client(this.openSocket, makeOptions({ endpoint: 'ws://h/latest', ...options }));
  }

  async connected(options) {
    const client = this.client(options);
    await client.connect();
    return client;
  }
}

/* The next event of a client, with its first argument. */
export function event(client, name) {
  return new Promise((resolve) => { client.events.once(name, resolve); });
}

/* What a promise is rejected with. */
export function failureOf(promise) {
  return promise.then(() => { throw new Error('it did not fail'); }, (error) => error);
}
