/*
 * Calls that others made on us, until we answered.
 */

import { writeAnswer, writeRefusal } from './packets.js';

const TOKEN_MAX = 256; /* characters; whose is longer is told nothing */
const MESSAGE_MAX = 200; /* characters of an error that the caller is told */
const CODES = ['ENOSYS', 'EBUSY', 'EMSGSIZE']; /* told as such */

/* Calls all handlers; the first that answers is heard. */
async function answerOf(handlers, request, args) {
  const answers = handlers.map(async (handler) => handler.apply(request, args));
  return Promise.any(answers).catch((all) => { throw all.errors[0]; });
}

/* What a handler threw, which may be anything. */
function explain(error) {
  const code = CODES.includes(error?.code) ? error.code : 'EREMOTEIO';
  const message = String(error?.message ?? error).slice(0, MESSAGE_MAX);
  return { code, message: message || 'the method failed' };
}

export class Requests {
  #methods;
  #events;
  #max;
  #answered;
  #nServing = 0;
  #nOwed = 0; /* of these: that came by the connection there is */
  #era = 0; /* of that connection */

  /**
   * @param {number} max how many may be in work at once
   * @param {() => void} answered told when one was, or has failed
   */
  constructor(methods, events, max, answered) {
    this.#methods = methods;
    this.#events = events;
    this.#max = max;
    this.#answered = answered;
  }

  /** Whether nobody waits for us who could still be answered. */
  get isQuiet() {
    return this.#nOwed === 0;
  }

  /** The connection has ended: what came by it can no longer be answered. */
  expire() {
    this.#era++;
    this.#nOwed = 0;
  }

  /**
   * Serves one call.
   * @param {(text: string) => void} send over the connection it came by; does
   *   nothing once that has ended, and throws nothing but EMSGSIZE
   * @returns {boolean} false: it is no call
   */
  serve(from, { token, name, args = [] }, send) {
    if (typeof token !== 'string' || typeof name !== 'string' || !Array.isArray(args)) return false;
    const refuse = ({ code, message }) => {
      if (token.length <= TOKEN_MAX) send(writeRefusal(from, token, code, message));
    };
    if (this.#methods.find(name).length === 0) {
      this.#events.emit('unknown', { from, name });
      refuse({ code: 'ENOSYS', message: 'nobody handles that name' });
    } else if (this.#nServing >= this.#max) {
      this.#events.emit('overload', { from, name });
      refuse({ code: 'EBUSY', message: 'too many calls are being answered' });
    } else {
      this.#run({ from, name }, args, (ret) => send(writeAnswer(from, token, ret)), refuse);
    }
    return true;
  }

  async #run(request, args, answer, refuse) {
    const era = this.#era;
    this.#nServing++;
    this.#nOwed++;
    try {
      answer(await answerOf(this.#methods.take(request.name), Object.freeze(request), args));
    } catch (error) {
      this.#events.emit('failed', { ...request, error });
      refuse(explain(error));
    } finally {
      this.#nServing--;
      if (era === this.#era) this.#nOwed--;
      this.#answered();
    }
  }
}
