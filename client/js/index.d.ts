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
  /** What the WebSocket of package ws is told besides, such as `ca` or `agent`. */
  ws?: Record<string, unknown>;
}

/** Calls functions of other programs, and lets them call ours. */
export class Monologue extends Client {
  /** Throws a `MonologueError`: an option, a variable or a file makes no sense. */
  constructor(options?: MonologueOptions);
}

export default Monologue;
