import { Client, type CommonOptions } from './lib/client.js';

export { MonologueError } from './lib/errors.js';
export type {
  CallOptions, CommonOptions, Disconnection, Emitter, Events, Handler, ReconnectOptions, Request,
} from './lib/client.js';

/**
 * What is not given is taken from `MONOLOGUE_ENDPOINT`, `MONOLOGUE_API_KEY` and
 * `MONOLOGUE_TIMEOUT`, then from what Node's package rc would find for
 * "monologue": `monologue_opts__endpoint` and so on, the nearest `.monologuerc`,
 * those of the home directory and of /etc; then from the defaults.
 */
export interface MonologueOptions extends CommonOptions {
  /**
   * The HTTP proxy that is asked for a tunnel: `http://[USER:PASSWORD@]HOST[:PORT]`,
   * where % and two digits stand for bytes in user and password, and the port is
   * 1080 unless it is given. `''` or `false`: none. Default: what `https_proxy`,
   * `http_proxy`, `all_proxy` and `no_proxy` say, as curl reads them; this machine
   * itself never needs one. Of no effect beside an `agent` in `ws`.
   */
  proxy?: string | false;
  /** What the WebSocket of package ws is told besides, such as `ca` or `agent`. */
  ws?: Record<string, unknown>;
}

/** Calls functions of other programs, and lets them call ours. */
export class Monologue extends Client {
  /** Throws a `MonologueError`: an option, a variable or a file makes no sense. */
  constructor(options?: MonologueOptions);
}

export default Monologue;
