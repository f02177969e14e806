import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Methods } from '../../client/js/lib/methods.js';

/* Names that a pattern matches, and names that it does not. */
const patterns = {
  a: [['a'], ['A', 'b', 'a.b', '']],
  'a.b': [['a.b'], ['a', 'a.b.c', 'ab', 'a*b']],
  '*': [['a', '*', ''], ['a.b', '.']],
  'a.*': [['a.b', 'a.*', 'a.'], ['a', 'a.b.c', 'b.b']],
  '*.b': [['a.b', '.b'], ['b', 'a.a.b']],
  'a.*.c': [['a.b.c', 'a..c'], ['a.c', 'a.b.b.c']],
  '**': [['a', 'a.b', '', '...'], []],
  'a.**': [['a', 'a.b', 'a.b.c'], ['b', 'ab', 'b.a']],
  '**.c': [['c', 'b.c', 'a.b.c'], ['c.d', 'abc']],
  'a.**.c': [['a.c', 'a.b.c', 'a.c.c', 'a.b.b.c'], ['a', 'c', 'a.c.d']],
  'a.*.**': [['a.b', 'a.b.c'], ['a', 'b.b']],
  'a.**.*': [['a.b', 'a.b.c'], ['a']],
  'a.**.b.c': [['a.b.c', 'a.b.b.c', 'a.x.b.b.c'], ['a.b', 'b.c']],
  'a.**.b.**.c': [['a.b.c', 'a.x.b.y.c'], ['a.x.c', 'a.c.b']],
  '**.*.*': [['a.b', 'a.b.c'], ['a']],
  'a*': [['a*'], ['a', 'ab']], /* only whole parts are wild */
  '***': [['***'], ['a']],
};

for (const [pattern, [matching, others]] of Object.entries(patterns)) {
  test(`${pattern} is called by ${matching.join(' ')}`, () => {
    const methods = new Methods(1);
    const handler = () => {};
    methods.add(pattern, handler);
    for (const name of matching) assert.equal(methods.find(name).length, 1, name);
    for (const name of others) assert.equal(methods.find(name).length, 0, name);
    methods.remove(pattern, handler);
    for (const name of matching) assert.equal(methods.find(name).length, 0, name);
  });
}

/* As in tests/unit/test_methods.c: patterns in the order of adding, a letter
 * each from a on, and who is called in which order. */
const orders = [
  [['**', '*', 'a'], 'a', 'cba'],
  [['a.**', 'a.*', '*.b', 'a.b', '**'], 'a.b', 'dbace'],
  [['a.**', 'a'], 'a', 'ba'],
  [['**.b', '**.a.b', '**'], 'a.b', 'cba'],
  [['**.a.x', '**.*', '**.a.*', '**'], 'a.x', 'dbac'],
  [['*.*', '*.b', '*.**'], 'a.b', 'bac'],
  [['b', '*', '**.c'], 'c', 'bc'],
  [['a.b', 'a.c'], 'a', ''],
  [['*', '*', 'a'], 'a', 'cab'],
];

for (const [added, name, letters] of orders) {
  test(`of ${added.join(' ')} the most exact is called first`, () => {
    const methods = new Methods(10);
    added.forEach((pattern, i) => methods.add(pattern, () => 'abcdef'[i]));
    assert.equal(methods.take(name).map((handler) => handler()).join(''), letters);
  });
}

/* Backtracking into every "**" would take longer than the universe has. */
test('no name takes long', () => {
  const methods = new Methods(1);
  methods.add(`${'**.a.'.repeat(100)}b`, () => {});
  assert.equal(methods.find('a.'.repeat(500)).length, 0);
  assert.equal(methods.find(`${'a.'.repeat(500)}b`).length, 1);
  methods.add('**', () => {});
  assert.equal(methods.find('a'.repeat(1024)).length, 1);
  assert.equal(methods.find('a'.repeat(1025)).length, 0); /* none is that long */
});

test('several handlers are called in the order they were added', () => {
  const methods = new Methods(3);
  const handlers = [() => 1, () => 2, () => 3];
  for (const handler of handlers) methods.add('a', handler);
  assert.deepEqual(methods.take('a'), handlers);
  assert.throws(() => methods.add('a', () => 4), { code: 'ENOSPC' });
  methods.remove('a', handlers[1]);
  assert.deepEqual(methods.take('a'), [handlers[0], handlers[2]]);
  methods.remove('a', () => 1); /* a stranger */
  methods.remove('b', handlers[0]);
  assert.deepEqual(methods.take('a'), [handlers[0], handlers[2]]);
});

test('one that was added twice is removed once', () => {
  const methods = new Methods(3);
  const twice = () => {};
  methods.add('a', twice);
  methods.add('a', twice);
  methods.remove('a', twice);
  assert.deepEqual(methods.take('a'), [twice]);
});

test('one for once is gone after a call', () => {
  const methods = new Methods(3);
  const stays = () => {};
  methods.add('a', () => {}, true);
  methods.add('*', stays);
  assert.equal(methods.take('a').length, 2);
  assert.deepEqual(methods.take('a'), [stays]);
});

test('all of a name, or of all names, can be removed', () => {
  const methods = new Methods(3);
  for (const name of ['a', 'a.*', 'b.**']) methods.add(name, () => {});
  methods.removeAll('a.*');
  assert.equal(methods.find('a.b').length, 0);
  assert.equal(methods.find('b').length, 1);
  methods.removeAll();
  assert.equal(methods.find('a').length + methods.find('b.c').length, 0);
});

test('what makes no sense is refused', () => {
  const methods = new Methods(3);
  for (const name of ['', 5, null, undefined, 'x'.repeat(1025), '**.**', 'a.**.**.b']) {
    assert.throws(() => methods.add(name, () => {}), { code: 'EINVAL' }, String(name));
  }
  for (const handler of [undefined, null, 'f', {}]) {
    assert.throws(() => methods.add('a', handler), { code: 'EINVAL' });
  }
  assert.equal(methods.find('a').length, 0);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(methods.find(name).length, 0, name);
  }
});
