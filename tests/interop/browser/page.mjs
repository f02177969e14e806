/*
 * What the page does, as browser.mjs tells it from outside.
 */
import { Monologue } from '/client/js/browser.js';

const clients = new Map();
const told = []; /* events of all of them */

export async function connect(name, options) {
  const client = new Monologue({ timeout: 5, ...options });
  clients.set(name, client);
  client.on('upper', (text) => text.toUpperCase());
  client.on('echo', (value) => value);
  client.on('page.*', function where() { return [this.from, this.name, document.title]; });
  client.on('breaks', () => { throw new Error('as it does'); });
  for (const event of ['connected', 'disconnected', 'refused', 'stray', 'abandoned']) {
    client.events.on(event, (what) => told.push({ name, event, what }));
  }
  return client.connect();
}

export async function call(name, ...args) {
  return clients.get(name).call(...args);
}

/* Waits for an event that has come, or will. */
export async function hear(name, event) {
  const client = clients.get(name);
  const find = () => told.findIndex((one) => one.name === name && one.event === event);
  while (find() < 0) {
    await new Promise((resolve) => { client.events.once(event, resolve); });
  }
  return told.splice(find(), 1)[0].what;
}

export async function close(name) {
  await clients.get(name).close();
  return clients.get(name).id;
}
