import { Client, type CommonOptions } from './lib/client.js';

export { MonologueError } from './lib/errors.js';
export type {
  CallOptions, CommonOptions, Disconnection, Emitter, Events, Handler, ReconnectOptions, Request,
} from './lib/client.js';

export interface MonologueOptions extends CommonOptions {
  endpoint: string;
  /**
   * Where the key goes, as a page cannot set a header; the server must have
   * `browser_keys` on. What is in a query may end in the log of a proxy.
   * Default: `subprotocol`.
   */
  keyIn?: 'subprotocol' | 'query';
}

/** Calls functions of other programs, and lets them call ours. */
export class Monologue extends Client {
  /** Throws a `MonologueError`: an option makes no sense. */
  constructor(options: MonologueOptions);
}

export default Monologue;
