/*
 * For require(). Node 20.19 and 22.12 require() ES modules as they are. For
 * those before - Debian 12 has 18 - they are read as CommonJS, line by line:
 * our modules import and export in these few ways only.
 */
'use strict';

const { readFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
const { compileFunction } = require('node:vm');

const loaded = new Map();

function translate(source) {
  const names = [];
  const text = source
    .replace(/^import (\{[^}]*\}) from ('[^']*');$/gm, 'const $1 = load($2);')
    .replace(/^export default \w+;$/gm, '')
    .replace(/^export \{([^}]*)\};$/gm, (line, list) => {
      names.push(...list.split(','));
      return '';
    })
    .replace(/^export (async function|function|class|const) (\w+)/gm, (line, kind, name) => {
      names.push(name);
      return `${kind} ${name}`;
    });
  return `${text}\nreturn { ${names.join()} };`;
}

function load(path) {
  if (!loaded.has(path)) {
    const text = translate(readFileSync(path, 'utf8'));
    const run = compileFunction(text, ['load'], { filename: path });
    loaded.set(path, run((from) => (
      from.startsWith('.') ? load(join(dirname(path), from)) : require(from))));
  }
  return loaded.get(path);
}

const canRequire = process.features.require_module;
const { Monologue, MonologueError } = canRequire ? require('./index.js')
  : load(join(__dirname, 'index.js'));

/* As the original's: the class itself is what is exported. */
module.exports = Monologue;
module.exports.Monologue = Monologue;
module.exports.MonologueError = MonologueError;
