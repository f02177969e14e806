/*
 * Events of a client for its own program, apart from the names that others may
 * call.
 */

export class Emitter {
  #listeners = new Map();

  /** Returns the emitter, as those below do. */
  on(event, listener) {
    const others = this.#listeners.get(event) ?? [];
    this.#listeners.set(event, [...others, listener]);
    return this;
  }

  once(event, listener) {
    const first = (...args) => {
      this.off(event, first);
      listener(...args);
    };
    first.listener = listener;
    return this.on(event, first);
  }

  off(event, listener) {
    const kept = (this.#listeners.get(event) ?? [])
      .filter((other) => other !== listener && other.listener !== listener);
    this.#listeners.set(event, kept);
    return this;
  }

  /* A listener that throws harms nobody but its own program. */
  emit(event, ...args) {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => { throw error; });
      }
    }
  }
}
