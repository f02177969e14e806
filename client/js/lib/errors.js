/*
 * What goes wrong, with a code as Node's own errors have it.
 */

export class MonologueError extends Error {
  /**
   * @param {string} code such as 'ETIMEDOUT'
   * @param {string} message for a person
   * @param {Error} [cause]
   */
  constructor(code, message, cause) {
    super(message, cause && { cause });
    this.code = code;
  }

  /* The original's calls fail with a TimeoutError, and programs ask for it. */
  get name() {
    return this.code === 'ETIMEDOUT' ? 'TimeoutError' : 'MonologueError';
  }
}

/** Throws EINVAL unless the argument makes sense. */
export function demand(isGood, message) {
  if (!isGood) throw new MonologueError('EINVAL', message);
}
