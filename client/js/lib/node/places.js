/*
 * Where a configuration may stand, as in Node's rc: the least important first.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const OF_ALL = ['/etc/monologue/config', '/etc/monologuerc'];
const OF_HOME = ['.config/monologue/config', '.config/monologue', '.monologue/config',
  '.monologuerc'];

/* .monologuerc in @folder or the nearest of its parents. */
function nearest(folder) {
  const path = join(folder, '.monologuerc');
  const parent = dirname(folder);
  if (existsSync(path)) return [path];
  return parent === folder ? [] : nearest(parent);
}

/** @returns {string[]} paths; files need not be there */
export function places(folder, home) {
  return [...OF_ALL, ...(home ? OF_HOME.map((name) => join(home, name)) : []), ...nearest(folder)];
}
