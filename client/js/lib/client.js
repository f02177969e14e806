/*
 * A client: at most one connection at a time, and what outlives it. What a
 * program may do with it is told in index.d.ts.
 */

import { delayOf, isForGood, wait } from './backoff.js';
import { Calls } from './calls.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { MonologueError, demand } from './errors.js';
import { Methods } from './methods.js';
import { timeoutOf } from './options.js';
import { writeCall } from './packets.js';
import { Plan } from './plan.js';
import { Requests } from './requests.js';
import { Successor } from './successor.js';

/* The end of a connection that has a successor. */
const LEFT = { code: 1005, reason: '', error: null, byUs: true, wasUp: true };

/* EventEmitter2 takes the parts of a name as an array, too. */
function nameOf(name) {
  return Array.isArray(name) ? name.join('.') : name;
}

export class Client {
  events = new Emitter();
  #openSocket;
  #options;
  #methods;
  #requests;
  #calls = new Calls(() => this.#plan?.nudge());
  #connection = null;
  #connecting = null; /* promise of an id */
  #closing = null; /* promise of the end */
  #closed = null; /* what resolves it */
  #plan = null; /* of leaving the connection before its time is up */
  #successor = null; /* what is to come after that */
  #left = null; /* while we leave without one: what resolves its end */
  #retrying = null; /* what stops us from coming back, the last time we did */

  /** @param {object} options made by makeOptions() */
  constructor(openSocket, options) {
    this.#openSocket = openSocket;
    this.#options = options;
    this.#methods = new Methods(options.listeners);
    this.#requests = new Requests(this.#methods, this.events, options.requests, () => (
      this.#plan?.nudge()));
  }

  get connectionId() {
    return this.#closing || this.#left ? '' : this.#connection?.id ?? '';
  }

  get id() {
    return this.connectionId;
  }

  get connected() {
    return this.connectionId !== '';
  }

  /* ---- connecting, closing ---- */

  async connect() {
    await this.#closing;
    return this.connectionId || this.#whileConnecting(() => this.#dial());
  }

  /* Whoever asks meanwhile waits for the same. */
  #whileConnecting(start) {
    if (this.#connecting) return this.#connecting;
    const attempt = start().finally(() => {
      if (this.#connecting === attempt) this.#connecting = null;
    });
    this.#connecting = attempt;
    return attempt;
  }

  /* Told are `up(id)` and `end(end)`, as a Connection tells them. */
  #open({ up, end }) {
    const connection = new Connection(this.#openSocket, this.#options, {
      up,
      end,
      packet: (packet) => this.#take(packet, connection),
      refusal: (message) => this.events.emit('refused', message),
      stray: (text) => this.events.emit('stray', text),
    });
    return connection;
  }

  async #dial() {
    return new Promise((resolve, reject) => {
      const connection = this.#open({
        up: (id) => {
          this.#start(id);
          resolve(id);
        },
        end: (end) => connection === this.#connection && this.#ended(end, reject),
      });
      this.#connection = connection;
    });
  }

  /* The connection is up. */
  #start(id) {
    const { reconnect, sessionMs } = this.#options;
    if (reconnect) {
      this.#plan = new Plan(sessionMs, {
        seek: () => this.#seek(),
        isReady: () => (
          this.#successor.isReady && this.#calls.isQuiet && this.#requests.isQuiet),
        leave: () => (this.#successor.isReady ? this.#changeOver() : this.#leave()),
      });
    }
    this.events.emit('connected', id);
  }

  #seek() {
    const dial = ({ up, end }) => {
      const connection = this.#open({
        up,
        end: (what) => (connection === this.#connection ? this.#ended(what) : end(what)),
      });
      return connection;
    };
    this.#successor = new Successor(dial, this.#options.reconnect, () => this.#plan?.nudge());
  }

  /* The old one ends as any that we close, but nobody need wait for that. */
  #changeOver() {
    const old = this.#connection;
    this.#connection = null;
    old.close();
    this.#ended(LEFT);
  }

  /* Whoever connects from now on waits for the new connection. */
  #leave() {
    const retrying = new AbortController();
    const left = new Promise((resolve) => { this.#left = resolve; });
    this.#retrying = retrying;
    this.#successor.drop();
    this.#connection.close();
    this.#whileConnecting(async () => {
      await left;
      retrying.signal.throwIfAborted();
      return this.#comeBack(retrying, true);
    }).catch(() => {}); /* told by events */
  }

  /* @reject: of who waits for it to be up; nobody does once it was */
  #ended({ wasUp, ...end }, reject) {
    const [left, successor] = [this.#left, this.#successor];
    const isWished = end.byUs && !left && !successor?.isReady;
    const willReconnect = wasUp && this.#options.reconnect !== null && !this.#closing && !isWished;
    this.#plan?.drop();
    this.#plan = null;
    this.#successor = null;
    this.#left = null;
    this.#requests.expire();
    this.#connection = null;
    this.#closed?.();
    this.#closing = null;
    this.#closed = null;
    if (!wasUp) {
      reject(end.error ?? new MonologueError('ECONNRESET', `ended before it was up, with ${end.code}`));
      return;
    }
    this.#failCalls(`the connection ended, with ${end.code} ${end.reason}`, end.error);
    if (!left) this.#retrying = willReconnect ? new AbortController() : null;
    const retrying = this.#retrying;
    this.events.emit('disconnected', { ...end, willReconnect });
    const isWanted = willReconnect && !retrying.signal.aborted;
    if (isWanted && successor?.isReady) {
      this.#succeed(successor);
      return;
    }
    successor?.drop();
    left?.();
    if (left || !isWanted) return;
    this.#connecting = null;
    this.#whileConnecting(() => this.#comeBack(retrying)).catch(() => {}); /* told by events */
  }

  #succeed(successor) {
    this.#connection = successor.take();
    this.#start(this.#connection.id);
  }

  #failCalls(why, cause) {
    this.#calls.failAll((what) => new MonologueError('ECONNRESET', `${what}: ${why}`, cause));
  }

  async #comeBack({ signal }, isPlanned = false) {
    try {
      return await this.#retry(this.#options.reconnect, isPlanned, signal);
    } catch (error) {
      if (!signal.aborted) this.events.emit('abandoned', error);
      throw error;
    }
  }

  /* For an old connection a new one is made at once, if that works. */
  async #retry(bounds, isPlanned, signal) {
    for (let attempt = 1; ; attempt++) {
      const nWaits = isPlanned ? attempt - 1 : attempt;
      const delayMs = nWaits ? delayOf(nWaits, bounds) : 0;
      this.events.emit('reconnecting', { attempt, delay: delayMs / 1000 });
      await wait(delayMs, signal);
      try {
        return await this.#dial();
      } catch (error) {
        const isLast = attempt >= bounds.attempts || isForGood(error);
        if (isLast || signal.aborted) throw error;
      }
    }
  }

  async close() {
    const closed = new MonologueError('ECANCELED', 'the client was closed');
    const connection = this.#connection;
    this.#retrying?.abort(closed);
    if (!connection || this.#closing) {
      await this.#closing;
      return;
    }
    const closing = new Promise((resolve) => { this.#closed = resolve; });
    this.#closing = closing;
    this.#plan?.drop();
    this.#successor?.drop();
    this.#failCalls('the client was closed');
    if (connection.id) connection.close();
    else connection.abort(closed);
    await closing;
  }

  /* ---- calls on others ---- */

  async call(to, name, ...args) {
    return this.callWith({}, to, name, ...args);
  }

  async callWith({ timeout, signal } = {}, to, name, ...args) {
    demand(typeof to === 'string' && to !== '', 'whom to call is a connection id');
    demand(typeof name === 'string' && name !== '', 'what to call is a name');
    const timeoutMs = timeoutOf(timeout, this.#options);
    signal?.throwIfAborted();
    if (!this.connected) throw new MonologueError('ENOTCONN', `${name}: not connected`);
    const { token, promise } = this.#calls.add(to, name, { timeoutMs, signal });
    try {
      this.#connection.send(writeCall(to, token, name, args));
    } catch (error) {
      this.#calls.fail(token, error);
    }
    return promise;
  }

  /* ---- calls on us ---- */

  on(name, handler) {
    this.#methods.add(nameOf(name), handler);
    return this;
  }

  once(name, handler) {
    this.#methods.add(nameOf(name), handler, true);
    return this;
  }

  off(name, handler) {
    this.#methods.remove(nameOf(name), handler);
    return this;
  }

  addListener(name, handler) {
    return this.on(name, handler);
  }

  removeListener(name, handler) {
    return this.off(name, handler);
  }

  removeAllListeners(name) {
    this.#methods.removeAll(name === undefined ? name : nameOf(name));
    return this;
  }

  listeners(name) {
    return this.#methods.find(nameOf(name)).map(({ handler }) => handler);
  }

  /* ---- what comes ---- */

  #take({ from, type, data }, connection) {
    const isKnown = type === 'REQ' ? this.#requests.serve(from, data, this.#sender(connection))
      : type === 'ACK' ? this.#calls.settle(from, data.token, data.ret)
        : type === 'NAK' ? this.#calls.refuse(from, data.token, data.error)
          : false;
    const isLate = type !== 'REQ' && this.#calls.isOurs(data.token);
    if (!isKnown && !isLate) this.events.emit('stray', JSON.stringify({ from, type, data }));
  }

  /* Answers go back the way the call came, or, where that is full, nowhere. */
  #sender(connection) {
    return (text) => {
      try {
        connection.send(text);
      } catch (error) {
        if (error.code !== 'ENOBUFS') throw error;
        this.events.emit('stray', text);
      }
    };
  }
}
