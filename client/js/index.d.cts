/* For require(), which gives the class itself. */
import type * as esm from './index.js' with { 'resolution-mode': 'import' };

interface Constructor {
  new (options?: esm.MonologueOptions): esm.Monologue;
  Monologue: Constructor;
  MonologueError: typeof esm.MonologueError;
}

interface Monologue extends esm.Monologue {}
declare const Monologue: Constructor;

declare namespace Monologue {
  type CallOptions = esm.CallOptions;
  type Disconnection = esm.Disconnection;
  type Events = esm.Events;
  type Handler = esm.Handler;
  type MonologueOptions = esm.MonologueOptions;
  type ReconnectOptions = esm.ReconnectOptions;
  type Request = esm.Request;
}

export = Monologue;
