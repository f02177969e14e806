/*
 * The connection that is to take the place of one that has grown old: made while
 * that one still serves, so that there is no moment without any.
 */

import { delayOf, isForGood } from './backoff.js';

export class Successor {
  connection = null; /* null: there is none */
  #dial;
  #bounds;
  #timer; /* until the next attempt */

  /**
   * Starts to seek. What fails is told to nobody: the old connection still
   * serves. Whoever is refused for good does not try again.
   * @param {Function} dial opens a connection, which tells `up()` and `end()`
   * @param {object} bounds of the waits between attempts
   * @param {() => void} ready told when it could take over
   */
  constructor(dial, bounds, ready) {
    this.#dial = dial;
    this.#bounds = bounds;
    this.#seek(1, ready);
  }

  #seek(attempt, ready) {
    const connection = this.#dial({
      up: ready,
      end: ({ error }) => {
        if (this.connection !== connection) return;
        this.connection = null;
        if (isForGood(error)) return;
        this.#timer = setTimeout(() => this.#seek(attempt + 1, ready), delayOf(attempt, this.#bounds));
      },
    });
    this.connection = connection;
  }

  /** Whether it could take over. */
  get isReady() {
    return Boolean(this.connection?.id);
  }

  /** Its connection, which is the caller's from now on. */
  take() {
    const { connection } = this;
    this.connection = null;
    return connection;
  }

  /** Ends it at once, if there is one. */
  drop() {
    clearTimeout(this.#timer);
    this.take()?.abort(null);
  }
}
