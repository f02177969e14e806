/* Compiles where the types are right; each error that is expected is one. */
import Monologue, { MonologueError, type Handler, type MonologueOptions } from 'monologue';
import { Monologue as InBrowser } from 'monologue/browser';

const options: MonologueOptions = {
  endpoint: 'ws://127.0.0.1:8080/latest',
  timeout: 1.5,
  keepalive: false,
  reconnect: { attempts: 3 },
  session: 3600,
  proxy: 'http://proxy:3128',
  ws: { ca: 'PEM' },
};
const client = new Monologue(options);
const add: Handler = async (a: number, b: number) => a + b;

client.on('add', add).once(['a', '*'], function whoCalls() {
  return `${this.from} ${this.name}`;
});
client.events.on('disconnected', ({ code, byUs }) => console.log(code + 1, !byUs));
client.events.once('connected', (id) => console.log(id.length));

const id: string = await client.connect();
const sum: number = await client.call<number>(id, 'add', 1, 2);
await client.callWith({ timeout: 1, signal: AbortSignal.timeout(10) }, id, 'add', sum);
await client.close().catch((error: MonologueError) => console.log(error.code));
new InBrowser({ endpoint: options.endpoint ?? '', keyIn: 'query' });

// @ts-expect-error an unknown option
new Monologue({ endpoynt: '' });
// @ts-expect-error an unknown event
client.events.on('closed', () => {});
// @ts-expect-error a browser has no environment to find it in
new InBrowser({ apiKey: 'x' });
// @ts-expect-error a page cannot choose its proxy
new InBrowser({ endpoint: '', proxy: '' });
// @ts-expect-error not for programs to set
client.connectionId = 'x';
