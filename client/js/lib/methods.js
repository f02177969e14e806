/*
 * Names that others may call, each with its handlers; patterns as those of
 * EventEmitter2: "." separates parts, "*" stands for one, "**" for any number.
 */

import { MonologueError, demand } from './errors.js';

const NAME_MAX = 1024; /* characters */

/* At the part where two patterns differ: which of them goes first. */
function rank(part) {
  return part === '**' ? 2 : part === '*' ? 1 : 0;
}

function isWild(part) {
  return part === '*' || part === '**';
}

/* Parts to match, from the left, one by one. */
function begins(parts, pattern) {
  return pattern.every((part, i) => part === '*' || part === parts[i]);
}

/* A pattern has one "**" at most: what is before and behind it decides. */
function matches(parts, { before, behind }) {
  if (!behind) return parts.length === before.length && begins(parts, before);
  const nLeft = parts.length - behind.length;
  return nLeft >= before.length && begins(parts, before) && begins(parts.slice(nLeft), behind);
}

/*
 * Both match the same name. Up to the "**" the more exact one goes first;
 * behind the same "**" the one that ends there, then the one added last.
 */
function compare(a, b) {
  const i = a.parts.findIndex((part, k) => part !== b.parts[k]);
  if (i < 0) return a.parts.length - b.parts.length;
  if (i < b.parts.length && !a.parts.slice(0, i).includes('**')) {
    return rank(a.parts[i]) - rank(b.parts[i]);
  }
  return i >= b.parts.length ? 1 : b.index - a.index;
}

export class Methods {
  #methods = new Map(); /* name or pattern: what addMethod() makes */
  #patterns = []; /* those of them that are patterns */
  #listeners;
  #nAdded = 0;

  /** @param {number} listeners how many handlers one name may have */
  constructor(listeners) {
    this.#listeners = listeners;
  }

  #addMethod(name) {
    const parts = name.split('.');
    const at = parts.indexOf('**');
    demand(at < 0 || !parts.includes('**', at + 1), `${name}: "**" may stand there once`);
    const method = {
      name,
      parts,
      before: at < 0 ? parts : parts.slice(0, at),
      behind: at < 0 ? null : parts.slice(at + 1),
      index: this.#nAdded++,
      handlers: [],
    };
    this.#methods.set(name, method);
    if (parts.some(isWild)) this.#patterns.push(method);
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

  /** The handlers to call, in order, as functions. */
  find(name) {
    const exact = this.#methods.get(name);
    const parts = name.split('.');
    const wild = this.#patterns
      .filter((method) => method !== exact && matches(parts, method))
      .sort(compare);
    return [...(exact ? [exact] : []), ...wild].flatMap((method) => [...method.handlers]);
  }

  /** The same for a call, after which those for once are gone. */
  take(name) {
    const found = this.find(name);
    for (const entry of found) {
      if (entry.isOnce) this.remove(entry.name, entry.handler);
    }
    return found.map((entry) => entry.handler);
  }
}
