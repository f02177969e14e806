import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { delayOf } from '../../client/js/lib/backoff.js';
import { findOptions } from '../../client/js/lib/node/found.js';
import { parse } from '../../client/js/lib/node/syntax.js';
import { makeOptions } from '../../client/js/lib/options.js';

const endpoint = 'ws://h/latest';

/* The same table as tests/unit/test_rc.c has for the C library. */
const texts = [
  ['', {}],
  [' \n\n', {}],
  ['[opts]\nendpoint = ws://h/latest\napiKey=k\n', { endpoint, apiKey: 'k' }],
  ['[opts]\r\nendpoint = ws://h\r\napiKey = k\r\n', { endpoint: 'ws://h', apiKey: 'k' }],
  ['\ufeff[opts]\nendpoint = ws://h', { endpoint: 'ws://h' }],
  ['[opts]\n  endpoint = ws://h\n\tapiKey = k', { endpoint: 'ws://h', apiKey: 'k' }],
  ['endpoint = a\n[other]\nendpoint = b\n[opts]\napiKey = k', { apiKey: 'k' }],
  ['[opts]\nendpoint = a\n[x]\n[opts]\nendpoint = b', { endpoint: 'b' }],
  ['[opts]\napiKey = a\napiKey =', { apiKey: '' }],
  ['# c\n; c\n[opts]\n#endpoint = a\napiKey = k ; c', { apiKey: 'k' }],
  ['[opts]\napiKey = k # c', { apiKey: 'k' }],
  ['[opts]\napiKey = k#c', { apiKey: 'k' }],
  ['[opts]\napiKey = a\\;b\\#c\\\\d\\e', { apiKey: 'a;b#c\\d\\e' }],
  ['[opts]\napiKey = k\\', { apiKey: 'k\\' }],
  ['[opts]\napiKey = " k "', { apiKey: ' k ' }],
  ['[opts]\napiKey = "a;b#c=d"', { apiKey: 'a;b#c=d' }],
  ['[opts]\napiKey = "a\\"b\\u00e9"', { apiKey: 'a"b\u00e9' }],
  ['[opts]\napiKey = "not \\JSON"', { apiKey: '"not \\JSON"' }],
  ["[opts]\napiKey = 'a;b'", { apiKey: 'a;b' }],
  ["[opts]\napiKey = '\"a\"'", { apiKey: 'a' }],
  ["[opts]\napiKey = ''", { apiKey: '' }],
  ['[opts]\napiKey = a=b', { apiKey: 'a=b' }],
  ['[opts]\napiKey = "a', /^line 2: a value that begins with "/],
  ['[opts]\napiKey = "', /^line 2: a value that begins with "/],
  ['[opts]\napiKey', /^line 2: neither/],
  ['[opts\napiKey = a', /^line 1: neither/],
  ['// no comment\n{"opts":{}}', /^line 1: neither/],
  ['{}', {}],
  [' \n\t{"opts":{"endpoint":"ws://h","apiKey":"k"}}\n', { endpoint: 'ws://h', apiKey: 'k' }],
  ['{"endpoint":"a","opts":{}}', {}],
  ['{"opts":{"timeout":null}}', { timeout: null }],
  ['{ // c\n/* " */"opts" /**/ : { "apiKey"://c\n"k"}} // c', { apiKey: 'k' }],
  ['{"opts":{"endpoint":"ws://h/*x*/","apiKey":"\\"//"}}', { endpoint: 'ws://h/*x*/', apiKey: '"//' }],
  ['{"opts":{}} /* open', {}],
  ['{"opts":{}} x', /JSON/],
  ['{"a', /JSON/],
  ['{"opts":[]}', /opts must be an object/],
];

test('a .monologuerc says what it says', () => {
  for (const [text, expected] of texts) {
    if (expected instanceof RegExp) assert.throws(() => parse(text), { message: expected }, text);
    else assert.deepEqual(parse(text), expected, text);
  }
});

const folder = mkdtempSync(join(tmpdir(), 'monologue-'));
after(() => rmSync(folder, { recursive: true }));

/* What is told is told by key, so that each place is seen. */
test('the nearest place wins, the environment over all', () => {
  const home = join(folder, 'home');
  const below = join(folder, 'a', 'b');
  const write = (path, value) => writeFileSync(path, `[opts]\napiKey = ${value}\n`);
  const find = (more = {}) => findOptions({ HOME: home, ...more }, below).apiKey;
  mkdirSync(join(home, '.config', 'monologue'), { recursive: true });
  mkdirSync(join(home, '.monologue'));
  mkdirSync(below, { recursive: true });
  assert.equal(find(), undefined);
  for (const path of ['.config/monologue/config', '.monologue/config', '.monologuerc']) {
    write(join(home, path), path);
    assert.equal(find(), path);
  }
  for (const path of ['.monologuerc', 'a/.monologuerc', 'a/b/.monologuerc']) {
    write(join(folder, path), path);
    assert.equal(find(), path);
  }
  write(join(folder, 'named'), 'named');
  const named = { Monologue_config: join(folder, 'named') };
  assert.equal(find(named), 'named');
  assert.equal(find({ monologue_config: '/not/there' }), 'a/b/.monologuerc');
  assert.equal(find({ ...named, MONOLOGUE_opts__apiKey: 'opts' }), 'opts');
  assert.equal(find({ monologue_OPTS__apikey: 'no' }), 'a/b/.monologuerc');
  assert.equal(find({ monologue_opts__apiKey: 'opts', MONOLOGUE_API_KEY: 'k' }), 'k');
  assert.equal(find({ MONOLOGUE_API_KEY: '' }), '');
  writeFileSync(join(below, '.monologuerc'), '{');
  assert.throws(find, { code: 'EINVAL', message: /\.monologuerc: .*JSON/ });
});

test('options are as given, as found, or by default', () => {
  const plain = makeOptions({ endpoint });
  assert.equal(plain.timeoutMs, 15000);
  assert.equal(plain.listeners, 100);
  assert.equal(plain.keepaliveMs, 240000);
  assert.equal(plain.reconnect, null);
  assert.equal(plain.sessionMs, 7200000);
  const found = { endpoint: 'ws://found', apiKey: 'found', timeout: '2.5', listeners: '7' };
  const both = makeOptions({ endpoint, apiKey: null, timeout: undefined }, found);
  assert.equal(both.endpoint, endpoint);
  assert.equal(both.apiKey, 'found');
  assert.equal(both.timeoutMs, 2500);
  assert.equal(both.listeners, 7);
  assert.equal(makeOptions({ endpoint, keepalive: false }).keepaliveMs, 0);
  assert.equal(makeOptions({ endpoint, session: 600 }).sessionMs, 600000);
  assert.deepEqual(
    makeOptions({ endpoint, reconnect: { max: 0.1, attempts: 2 } }).reconnect,
    { minMs: 500, maxMs: 500, attempts: 2 },
  );
});

test('options that make no sense are refused', () => {
  for (const given of [{}, { endpoint: 'h' }, { endpoint: 'http://h' }, { endpoint: 'ws://h/x#y' }, { endpoint, apiKey: 'a\nb' },
    { endpoint, apiKey: 5 }, { endpoint, timeout: 0 }, { endpoint, timeout: -1 },
    { endpoint, timeout: 'soon' }, { endpoint, timeout: NaN }, { endpoint, timeout: 1e9 },
    { endpoint, listeners: 1.5 }, { endpoint, requests: 0 }, { endpoint, keepalive: 0 },
    { endpoint, session: 0 }, { endpoint, session: false }, { endpoint, session: Infinity },
    { endpoint, reconnect: { min: 0 } }, { endpoint, reconnect: { attempts: 0 } }]) {
    assert.throws(() => makeOptions(given), { code: 'EINVAL' }, JSON.stringify(given));
  }
});

test('delays are random below a bound that doubles up to a limit', () => {
  const bounds = { minMs: 500, maxMs: 30000 };
  const most = [1, 2, 3, 7, 100].map((attempt) => delayOf(attempt, bounds, () => 1));
  assert.deepEqual(most, [500, 1000, 2000, 30000, 30000]);
  assert.equal(delayOf(5, bounds, () => 0), 0);
  const some = Array.from({ length: 100 }, () => delayOf(1, bounds));
  assert.ok(new Set(some).size > 50);
  assert.ok(some.every((delayMs) => delayMs >= 0 && delayMs < 500));
});
