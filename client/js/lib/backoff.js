/*
 * When to try again: after a random time below a bound that doubles ("full
 * jitter"), so that a server that comes back does not meet all its clients at
 * once.
 */

/**
 * @param {number} attempt from 1
 * @returns {number} milliseconds
 */
export function delayOf(attempt, { minMs, maxMs }, random = Math.random) {
  return random() * Math.min(maxMs, minMs * 2 ** (attempt - 1));
}

/**
 * Whether it would be refused again: a key that the server refuses, a client that
 * the proxy refuses.
 */
export function isForGood(error) {
  return ['EKEYREJECTED', 'EACCES'].includes(error?.code);
}

/** Resolves after @ms; rejects as the signal says. */
export async function wait(ms, signal) {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal.addEventListener('abort', abort, { once: true });
  });
}
