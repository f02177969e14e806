/*
 * Names that others may call, and patterns of them, each with its handlers.
 */

import { MonologueError, demand } from './errors.js';
import {
  isPattern, isValid, matches, partsOf, placeOf,
} from './pattern.js';

const NAME_MAX = 1024; /* characters */

export class Methods {
  #methods = new Map(); /* name or pattern: { name, parts, handlers } */
  #patterns = []; /* those of them that are patterns, in the order of calling */
  #listeners;

  /** @param {number} listeners how many handlers one name may have */
  constructor(listeners) {
    this.#listeners = listeners;
  }

  #addMethod(name) {
    const parts = partsOf(name);
    demand(isValid(parts), `${name}: one "**" is as good as two`);
    const method = { name, parts, handlers: [] };
    this.#methods.set(name, method);
    if (isPattern(parts)) {
      const place = placeOf(parts, this.#patterns.map((other) => other.parts));
      this.#patterns.splice(place, 0, method);
    }
    return method;
  }

  /** Throws EINVAL or ENOSPC. */
  add(name, handler, isOnce = false) {
    demand(typeof name === 'string' && name !== '', 'a name is a string that is not empty');
    demand(name.length <= NAME_MAX, `a name has ${NAME_MAX} characters at most`);
    demand(typeof handler === 'function', `${name}: a handler is a function`);
    const method = this.#methods.get(name) ?? this.#addMethod(name);
    if (method.handlers.length >= this.#listeners) {
      throw new MonologueError('ENOSPC', `${name} has ${this.#listeners} handlers already`);
    }
    method.handlers.push({ name, handler, isOnce });
  }

  /* Of several alike, the one added last goes. */
  remove(name, handler) {
    const method = this.#methods.get(name);
    const i = method?.handlers.findLastIndex((entry) => entry.handler === handler) ?? -1;
    if (i < 0) return;
    method.handlers.splice(i, 1);
    if (method.handlers.length === 0) this.removeAll(name);
  }

  /** @param {string} [name] all names, where it is left out */
  removeAll(name) {
    if (name === undefined) this.#methods.clear();
    else this.#methods.delete(name);
    this.#patterns = this.#patterns.filter((method) => this.#methods.has(method.name));
  }

  /** The handlers to call, in order: `{ name, handler, isOnce }`. */
  find(name) {
    if (name.length > NAME_MAX) return [];
    const exact = this.#methods.get(name);
    const parts = partsOf(name);
    const wild = this.#patterns.filter(
      (method) => method !== exact && matches(method.parts, parts),
    );
    return [...(exact ? [exact] : []), ...wild].flatMap((method) => method.handlers);
  }

  /** The same as functions, for a call, after which those for once are gone. */
  take(name) {
    const found = this.find(name);
    for (const entry of found) {
      if (entry.isOnce) this.remove(entry.name, entry.handler);
    }
    return found.map((entry) => entry.handler);
  }
}
