/*
 * A socket in memory, whose other end is the test.
 */

import { EventEmitter, once } from 'node:events';

import { Client } from '../../client/js/lib/client.js';
import { makeOptions } from '../../client/js/lib/options.js';

export const ID = 'q1vQy0qDk2kCAAA=';
export const PEER = 'Zr3hXnS0m9ECAAQ=';
export const STRANGER = 'eHrdFcnvvHcCE-w=';

/* The server's end of the newest connection, or of the one that @at tells. */
export class Wire extends EventEmitter {
  at = -1; /* the n-th from the beginning, or from the end */
  #opened = [];
  sent = []; /* by the client, whoami left out */
  nHeard = 0; /* of these, by the test */
  nWhoami = 0;
  nBuffered = 0;
  id = ID;
  isDeaf = false; /* answers neither whoami nor a close */
  refuseWith = null; /* an error, instead of a connection */

  openSocket = (options, on) => {
    this.#opened.push(on);
    queueMicrotask(() => (this.refuseWith
      ? on.end({ code: 1006, reason: '', error: this.refuseWith }) : on.open()));
    return {
      send: (text) => this.#take(text, on),
      buffered: () => this.nBuffered,
      close: () => this.isDeaf || queueMicrotask(() => on.end({ code: 1005, reason: '' })),
      abort: () => this.emit('abort'),
    };
  };

  get nOpened() {
    return this.#opened.length;
  }

  #take(text, on) {
    if (text !== 'whoami') {
      this.sent.push(JSON.parse(text));
      this.emit('packet');
      return;
    }
    this.nWhoami++;
    this.emit('whoami');
    if (!this.isDeaf) queueMicrotask(() => on.message(this.id));
  }

  /* To the client. */
  say(text) {
    this.#opened.at(this.at).message(text);
  }

  packet(from, type, data) {
    this.say(JSON.stringify({ from, payload: { type, data } }));
  }

  end(code, reason = '') {
    this.#opened.at(this.at).end({ code, reason });
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
