/**
 * What went wrong. `code` tells programs:
 *
 * - of connecting: `EKEYREJECTED` the server refused the API key, or the path;
 *   `EAGAIN` it asks to come back later; `EPROTO`, `EREMOTEIO` it does not speak
 *   as it must; `EACCES` the proxy forbids it, or wants other credentials;
 *   `EHOSTUNREACH` the proxy does not reach the server; `ETIMEDOUT`; `ECANCELED`
 *   `close()` came first; or what Node says, such as `ECONNREFUSED` or
 *   `DEPTH_ZERO_SELF_SIGNED_CERT`. In a browser, which is told nothing else, each
 *   refusal is `ECONNREFUSED`.
 * - of calls: `ENOTCONN`; `EMSGSIZE` the call or its answer is too long;
 *   `ENOBUFS` too much is waiting to be sent; `ETIMEDOUT` no answer in time;
 *   `ECONNRESET` the connection ended meanwhile; and, where the other side says
 *   so, `ENOENT` nobody has that id, `ENOSYS` the callee has no such name,
 *   `EBUSY` it answers too many calls already, `EREMOTEIO` the function failed,
 *   `EAGAIN` too much is asked of the server.
 * - `EINVAL` an argument or an option makes no sense; `ENOSPC` a name has as many
 *   handlers as it may have.
 */
export class MonologueError extends Error {
  constructor(code: string, message: string, cause?: Error);
  /** Such as `ETIMEDOUT`. */
  code: string;
  /** `TimeoutError` where the code is `ETIMEDOUT`, else `MonologueError`. */
  get name(): string;
}
