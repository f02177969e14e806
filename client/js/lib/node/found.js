/*
 * What the machine says of us: files named .monologuerc, then the environment.
 */

import { readFileSync } from 'node:fs';

import { MonologueError } from '../errors.js';
import { places } from './places.js';
import { parse } from './syntax.js';

const KEYS = ['endpoint', 'apiKey', 'timeout', 'listeners'];
const VARIABLES = {
  MONOLOGUE_ENDPOINT: 'endpoint',
  MONOLOGUE_API_KEY: 'apiKey',
  MONOLOGUE_TIMEOUT: 'timeout',
};
const ABSENT = ['ENOENT', 'ENOTDIR', 'EISDIR'];

/* What a file says; what is not there says nothing. */
function readFile(path) {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (ABSENT.includes(error.code)) return {};
    const code = error.code ?? 'EINVAL';
    throw new MonologueError(code, `${path}: ${error.message}`, error);
  }
}

/* Variables that begin with @prefix, in any case, by what follows it. */
function* beginning(environment, prefix) {
  for (const [name, value] of Object.entries(environment)) {
    const isOurs = name.slice(0, prefix.length).toLowerCase() === prefix;
    if (isOurs) yield [name.slice(prefix.length), value];
  }
}

function* sources(environment, folder) {
  for (const path of places(folder, environment.HOME)) yield readFile(path);
  for (const [name, value] of beginning(environment, 'monologue_')) {
    if (name === 'config' && value) yield readFile(value);
  }
  yield Object.fromEntries(beginning(environment, 'monologue_opts__'));
  yield Object.fromEntries(Object.entries(VARIABLES)
    .filter(([name]) => environment[name] !== undefined)
    .map(([name, key]) => [key, environment[name]]));
}

/**
 * Nearer places win; an empty value takes back what others said.
 * Throws what is wrong with a file that is there.
 */
export function findOptions(environment = process.env, folder = process.cwd()) {
  const found = {};
  for (const source of sources(environment, folder)) {
    for (const key of KEYS) {
      if (source[key] !== undefined) found[key] = source[key];
    }
  }
  return found;
}
