/*
 * A clock that stands still until the test lets it go on: setTimeout() and its
 * like go by it. Of what is due none is skipped, and what follows from each, in
 * promises, has happened before the next.
 */

export class Clock {
  nowMs = 0;
  #timers = new Map(); /* in the order they were set */
  #real = { setTimeout, clearTimeout };

  /* @test: whose end puts things right again */
  constructor(test) {
    globalThis.setTimeout = (action, ms = 1) => {
      const timer = { dueMs: this.nowMs + Math.max(1, ms), action };
      this.#timers.set(timer, timer);
      return timer;
    };
    globalThis.clearTimeout = (timer) => this.#timers.delete(timer);
    test.after(() => Object.assign(globalThis, this.#real));
  }

  get nTimers() {
    return this.#timers.size;
  }

  #next() {
    const [first, ...others] = this.#timers.values();
    return others.reduce((a, b) => (b.dueMs < a.dueMs ? b : a), first);
  }

  async advance(ms) {
    const endMs = this.nowMs + ms;
    await new Promise(setImmediate);
    for (let timer = this.#next(); timer && timer.dueMs <= endMs; timer = this.#next()) {
      this.#timers.delete(timer);
      this.nowMs = timer.dueMs;
      timer.action();
      await new Promise(setImmediate);
    }
    this.nowMs = endMs;
  }
}
