/*
 * What we asked and still await an answer to. A call waits until exactly one of
 * these happens: an answer or a refusal of whom it was sent to, its timeout,
 * its signal, the end of the connection.
 */

import { MonologueError } from './errors.js';

/*
 * Tokens need only be our own: an answer counts only from whom the call was
 * sent to, and the server vouches for that.
 */
function makePrefix() {
  return Array.from({ length: 3 }, () => Math.random().toString(36).slice(2)).join('');
}

export class Calls {
  #waiting = new Map(); /* by token */
  #prefix = `${makePrefix()}.`;
  #nCalls = 0;
  #ended;

  /** @param {() => void} ended told when a call was answered, or has failed */
  constructor(ended = () => {}) {
    this.#ended = ended;
  }

  /**
   * Begins to wait.
   * @param {string} to whose answer counts
   * @param {string} what the call is, for errors
   * @param {{timeoutMs: number, signal?: AbortSignal}} limits
   * @returns {{token: string, promise: Promise<unknown>}}
   */
  add(to, what, { timeoutMs, signal }) {
    const token = this.#prefix + (this.#nCalls++).toString(36);
    const promise = new Promise((resolve, reject) => {
      const fail = (error) => this.#take(token)?.reject(error);
      const abort = () => fail(signal.reason);
      const timer = setTimeout(() => fail(
        new MonologueError('ETIMEDOUT', `${what}: no answer within ${timeoutMs / 1000} s`),
      ), timeoutMs);
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort);
      this.#waiting.set(token, { to, what, resolve, reject, end });
    });
    return { token, promise };
  }

  /** Whether no call awaits its answer. */
  get isQuiet() {
    return this.#waiting.size === 0;
  }

  #take(token) {
    const call = this.#waiting.get(token);
    this.#waiting.delete(token);
    call?.end();
    if (call) this.#ended();
    return call;
  }

  /* An answer to a call that somebody else was asked. */
  #isFrom(from, token) {
    return this.#waiting.get(token)?.to === from;
  }

  /**
   * Whether an answer that nobody waits for is at least late, or comes twice.
   */
  isOurs(token) {
    return typeof token === 'string' && token.startsWith(this.#prefix) && !this.#waiting.has(token);
  }

  /** Returns false when there is no such call. */
  settle(from, token, ret) {
    if (!this.#isFrom(from, token)) return false;
    this.#take(token).resolve(ret);
    return true;
  }

  /** The same for a NAK. @param {unknown} error as it came */
  refuse(from, token, error) {
    if (!this.#isFrom(from, token)) return false;
    const call = this.#take(token);
    const code = typeof error?.code === 'string' ? error.code : 'EREMOTEIO';
    const message = typeof error?.message === 'string' ? error.message : 'it failed';
    call.reject(new MonologueError(code, `${call.what}: ${message}`));
    return true;
  }

  /** It could not even be sent. */
  fail(token, error) {
    this.#take(token)?.reject(error);
  }

  /** @param {(what: string) => Error} makeError */
  failAll(makeError) {
    for (const token of [...this.#waiting.keys()]) {
      const call = this.#take(token);
      call.reject(makeError(call.what));
    }
  }
}
