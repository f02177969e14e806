/** What both entries understand. All of it is optional where a file says it. */
export interface CommonOptions {
  /** Where the server is: `ws://HOST[:PORT]/STAGE`, or `wss://` for TLS. */
  endpoint?: string;
  /** The key that the server asks for. */
  apiKey?: string;
  /** How long connecting may take, and then a call, in seconds. Default: 15. */
  timeout?: number;
  /** How many handlers one name may have. Default: 100. */
  listeners?: number;
  /** How many calls of others may be in work at once. Default: 1000. */
  requests?: number;
  /**
   * How long a frame may be, in bytes; for servers that allow more than API
   * Gateway. Longer messages go in several, but not those of a browser, which
   * fail with `EMSGSIZE`. Default: 32768.
   */
  frameLimit?: number;
  /**
   * How often to show the server that we live, and to see that it does, in
   * seconds. Servers hang up after ten minutes without a message. `false`:
   * never. Default: 240.
   */
  keepalive?: number | false;
  /**
   * Whether to ask the server to say at once why a call cannot be delivered.
   * AWS does not look at what asks. Default: true.
   */
  extensions?: boolean;
  /**
   * Whether to connect again when the connection is lost, and to leave it for a
   * new one before it is as old as `session` says. The id will be another one.
   * Default: no.
   */
  reconnect?: boolean | ReconnectOptions;
  /**
   * The server's limit of a connection's age, in seconds. With `reconnect`, at a
   * random moment between 90 and 97 percent of it the client makes another one,
   * and changes over as soon as that is there and no call is in flight, neither
   * of ours nor on us; at 99 percent whatever is. Then `disconnected` and
   * `connected` are told one right after the other. Default: 7200, the limit of
   * API Gateway.
   */
  session?: number;
}

/** Each attempt waits a random time below a bound that doubles. */
export interface ReconnectOptions {
  /** The first bound, in seconds. Default: 0.5. */
  min?: number;
  /** The last bound, in seconds. Default: 30. */
  max?: number;
  /** When to give up. Default: never. */
  attempts?: number;
}

/** What a handler has as `this`, unless it is an arrow function. */
export interface Request {
  /** The connection id of the caller, vouched for by the server. */
  readonly from: string;
  /** The name that was called; of interest where a pattern was given. */
  readonly name: string;
}

/**
 * Answers a call with what it returns, or what the promise that it returns
 * resolves to: JSON, or `undefined` for no value. What it throws fails the call,
 * and its `message` is told to the caller.
 */
export type Handler = (this: Request, ...args: any[]) => unknown;

export interface CallOptions {
  /** In seconds, in place of the client's. */
  timeout?: number;
  /** Ends the waiting; the callee is not told. The call fails with its reason. */
  signal?: AbortSignal;
}

export interface Disconnection {
  /** The code of the close frame; 1005: without one, 1006: no close frame. */
  code: number;
  reason: string;
  /** What went wrong, if anything did. */
  error: Error | null;
  /** Whether it was `close()`, or leaving in time for a new connection. */
  byUs: boolean;
  /**
   * Whether `reconnecting` follows; or, where there is another connection already,
   * `connected`.
   */
  willReconnect: boolean;
}

/** What a client tells its own program, each with its arguments. */
export interface Events {
  /** There is a connection, with this id. */
  connected: [id: string];
  /** There is none any more. Calls in flight have failed before. */
  disconnected: [disconnection: Disconnection];
  /**
   * Another attempt follows after @delay seconds: 0 for the first one after an
   * old connection was left and there was no other one yet.
   */
  reconnecting: [attempt: { attempt: number; delay: number }];
  /**
   * There will be no further attempt; the last one failed like this. Comes after
   * `attempts`, and at once for what will not change: a key that the server
   * refuses (`EKEYREJECTED`), a client that the proxy refuses (`EACCES`).
   */
  abandoned: [error: Error];
  /**
   * The server refused a packet, most often because its receiver is gone, and
   * did not say which. Where that was a call to a `monologued`, the call is told
   * so instead.
   */
  refused: [message: string];
  /** A message was dropped: no packet, or an answer to nothing that we asked. */
  stray: [text: string];
  /** Somebody called a name that nobody handles, and was told so. */
  unknown: [request: Request];
  /** Somebody's call was not taken: there are `requests` in work already. */
  overload: [request: Request];
  /** All handlers failed, or their answer could not be sent. */
  failed: [request: Request & { error: unknown }];
}

export interface Emitter {
  on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
  once<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
  off<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
}

/** A client: at most one connection at a time, and what outlives it. */
export class Client {
  protected constructor(...args: never[]);

  /** Apart from the names that others may call. */
  readonly events: Emitter;

  /** What others call us by; `''` while there is no connection. */
  readonly connectionId: string;
  /** The same. */
  readonly id: string;
  readonly connected: boolean;

  /**
   * Connects and asks for our id, with which it resolves. While that is under
   * way, reconnecting included, it resolves when that has been done; while there
   * is a connection, at once. Rejects with a `MonologueError`; only what was
   * connected once is connected again by itself.
   */
  connect(): Promise<string>;

  /**
   * Closes the connection in order, within two seconds, or stops connecting.
   * Calls in flight fail at once. Does no harm where there is nothing to close.
   */
  close(): Promise<void>;

  /**
   * Calls a function of another program.
   * @param to its connection id
   * @param name of the function
   * @param args JSON each
   * @returns what it returned; `undefined` where that was nothing. Rejects with
   *   a `MonologueError`, or with what `JSON.stringify()` throws.
   */
  call<T = any>(to: string, name: string, ...args: unknown[]): Promise<T>;

  /** The same with a timeout of its own, or to be given up. */
  callWith<T = any>(
    options: CallOptions, to: string, name: string, ...args: unknown[]
  ): Promise<T>;

  /**
   * Lets others call a function. Outlives the connection.
   *
   * Names consist of parts between dots. A part `*` of a pattern stands for one
   * part of the name that is called, `**` for any number: `a.*` is called by
   * a.b, `a.**` by a, a.b and a.b.c. Handlers of the name itself go first, more
   * exact patterns before others. All are called; the first answer is sent.
   * Only when all have failed the caller is told, and then what the first said.
   *
   * @param name 1 to 1024 characters, or its parts
   */
  on(name: string | string[], handler: Handler): this;
  /** For one call. */
  once(name: string | string[], handler: Handler): this;
  /** Undoes one `on()` of the same. */
  off(name: string | string[], handler: Handler): this;
  /** As `on()`. */
  addListener(name: string | string[], handler: Handler): this;
  /** As `off()`. */
  removeListener(name: string | string[], handler: Handler): this;
  /** Of one name or pattern, or of all. */
  removeAllListeners(name?: string | string[]): this;
  /** The handlers that a call of @name would reach, in order. */
  listeners(name: string | string[]): Handler[];
}
