/*
 * When to leave a connection that would not last much longer: API Gateway ends
 * each when it is two hours old, whatever is in flight.
 *
 * From some point in a window of time on, random so that clients which connected
 * together do not come back together, another one is sought, and the old one is
 * left as soon as that is there and nothing is in flight; and at last whatever
 * is.
 */

/* Parts of the session's limit. */
const WINDOW_BEGIN = 0.90;
const WINDOW_END = 0.97;
const SESSION_END = 0.99;

export class Plan {
  #isOld = false;
  #owner;
  #timer; /* until it is old, then until it is time to go */
  #look; /* soon */

  /**
   * For a connection that is up since now.
   * @param {number} sessionMs the server's limit of its age
   * @param {object} owner told, never from in here: `seek()` another one; `leave()`,
   *   last and once at most. `isReady()` tells whether one could leave
   */
  constructor(sessionMs, owner, random = Math.random) {
    const oldMs = sessionMs * (WINDOW_BEGIN + random() * (WINDOW_END - WINDOW_BEGIN));
    this.#owner = owner;
    this.#timer = setTimeout(() => this.#becomeOld(sessionMs * SESSION_END - oldMs), oldMs);
  }

  #becomeOld(restMs) {
    this.#isOld = true;
    this.#timer = setTimeout(() => this.#go(), restMs);
    this.#owner.seek();
  }

  #go() {
    this.drop();
    this.#owner.leave();
  }

  /**
   * Something has come, or has been answered: looks whether one could leave, but
   * not before whoever awaited it has had a chance to call again.
   */
  nudge() {
    if (!this.#isOld) return;
    clearTimeout(this.#look);
    this.#look = setTimeout(() => this.#owner.isReady() && this.#go());
  }

  /** The connection has ended, or is about to. */
  drop() {
    this.#isOld = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#look);
  }
}
