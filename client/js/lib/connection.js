/*
 * One connection, from dialling to its end.
 *
 * The socket opens, we ask for our id ("whoami"), and with the answer the
 * connection is up. From then on whoami is the sign of life, in both
 * directions: only messages count as activity on API Gateway. The end comes
 * once, after everything else, whoever wanted it.
 */

import { MonologueError } from './errors.js';
import { read } from './packets.js';

const CLOSE_MS = 2000; /* for the server's answer to our close frame */
const QUEUE_MAX = 16 * 1024 * 1024; /* bytes that wait to be sent */
const ID = /^[!-~]{1,128}$/; /* API Gateway's have 16 characters */

export class Connection {
  id = '';
  #owner;
  #options;
  #socket;
  #timer = null; /* what falls due next: up, whoami, its answer, closed */
  #hasEnded = false;
  #isClosing = false;
  #failure = null; /* why we gave up; goes before what the socket says */

  /**
   * @param {Function} openSocket see lib/node/socket.js
   * @param {object} owner told of `up(id)`, `packet(packet)`, `refusal(text)`,
   *   `stray(text)` and last `end({ code, reason, error, byUs, wasUp })`
   */
  constructor(openSocket, options, owner) {
    this.#owner = owner;
    this.#options = options;
    this.#socket = openSocket(options, {
      open: () => this.#socket.send('whoami'),
      message: (text) => this.#hear(text),
      end: (end) => this.#end(end),
    });
    this.#expire(options.timeoutMs, 'not connected');
  }

  #arm(ms, action) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }

  #expire(ms, what) {
    this.#arm(ms, () => this.abort(new MonologueError('ETIMEDOUT', `${what} within ${ms / 1000} s`)));
  }

  #hear(text) {
    if (this.#hasEnded || this.#isClosing) return;
    const packet = read(text);
    if (!packet) this.#hearId(text);
    else if (!this.id) this.#refuseToServe(packet);
    else if (packet.message !== undefined) this.#owner.refusal(packet.message);
    else this.#owner.packet(packet);
  }

  #hearId(text) {
    if (this.id && text !== this.id) {
      this.#owner.stray(text);
      return;
    }
    if (this.id === '') {
      if (!ID.test(text)) {
        this.abort(new MonologueError('EPROTO', 'the answer to whoami is no connection id'));
        return;
      }
      this.id = text;
      this.#owner.up(text);
    }
    this.#keepAlive();
  }

  #refuseToServe({ message = 'not with an id' }) {
    this.abort(new MonologueError('EREMOTEIO', `the server answered whoami: ${message}`));
  }

  #keepAlive() {
    const { keepaliveMs, timeoutMs } = this.#options;
    if (this.#isClosing || this.#hasEnded) return; /* by who was told the id */
    clearTimeout(this.#timer);
    if (keepaliveMs === 0) return;
    this.#arm(keepaliveMs, () => {
      this.#expire(timeoutMs, 'the server showed no sign of life');
      this.#socket.send('whoami');
    });
  }

  /** Throws ENOBUFS: too much is waiting to be sent; EMSGSIZE: it is too long. */
  send(text) {
    if (this.#hasEnded || this.#isClosing) return;
    if (this.#socket.buffered() > QUEUE_MAX) {
      throw new MonologueError('ENOBUFS', 'too much is waiting to be sent');
    }
    this.#socket.send(text);
  }

  /** In order, and within two seconds. The end is told to the owner. */
  close() {
    if (this.#hasEnded || this.#isClosing) return;
    this.#isClosing = true;
    this.#arm(CLOSE_MS, () => this.abort(null));
    this.#socket.close();
  }

  /** At once. @param {Error|null} error told to the owner */
  abort(error) {
    this.#failure ??= error;
    this.#socket.abort();
    this.#end({ code: 1006, reason: '' });
  }

  #end({ code, reason, error }) {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#owner.end({
      code,
      reason,
      error: this.#failure ?? error ?? null,
      byUs: this.#isClosing,
      wasUp: this.id !== '',
    });
  }
}
