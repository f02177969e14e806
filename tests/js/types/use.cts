/* The same for require(). */
import Monologue = require('monologue');

const client = new Monologue({ timeout: 1 });
const { MonologueError } = Monologue;
const named: Monologue = new Monologue.Monologue();

client.on('add', (a: number, b: number) => a + b);
client.connect().then((id: string) => named.call(id, 'add', 1, 2))
  .catch((error) => error instanceof MonologueError && console.log(error.code));

// @ts-expect-error an unknown option
new Monologue({ endpoynt: '' });
