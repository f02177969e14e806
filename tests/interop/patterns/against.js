'use strict';

/*
 * Adds and removes handlers at random, for names and for patterns, here in
 * EventEmitter2 and there in our library, and compares whom they call and in
 * which order.
 *
 * EventEmitter2 has words for what its wildcards mean - `*` is one part, `**` any
 * number - and some patterns for which it does something else. These words are
 * the judge of all we call; EventEmitter2 is that of the order, and of all but
 * these patterns.
 *
 * usage: against.js <walk> [scenarios] [seed]
 */

const { spawnSync } = require('child_process');
const { EventEmitter2 } = require('eventemitter2');

const N_STEPS = 60;
const LITERALS = ['a', 'b', 'c'];
const WILDCARDS = ['*', '**'];

/* A linear congruential generator: the same scenarios for the same seed. */
function makeRandom(seed) {
    let state = seed >>> 0;
    return (n) => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor(state / 4294967296 * n);
    };
}

function makeParts(random, choices) {
    return Array.from({ length: 1 + random(4) }, () => choices[random(choices.length)]);
}

/* `**` behind `**` neither of us takes. */
function makePattern(random) {
    const parts = makeParts(random, [...LITERALS, ...WILDCARDS]);
    return parts.filter((part, i) => part !== '**' || parts[i - 1] !== '**').join('.');
}

/* What the words say: each part, and a dot behind it. */
function standsFor(pattern, name) {
    const forms = { '*': '[^.]+\\.', '**': '(?:[^.]+\\.)*' };
    const form = pattern.split('.').map((part) => forms[part] || `${part}\\.`).join('');
    return new RegExp(`^${form}$`).test(`${name}.`);
}

/*
 * Where EventEmitter2 does not do as it says:
 * - a `*` before a `**` at the end also stands for no part at all;
 * - a `*` behind a `**` is not always found;
 * - what stands behind a `**` is looked for only where it first occurs.
 */
function isOdd(pattern, name) {
    const parts = pattern.split('.');
    const said = name.split('.');
    return pattern === '*.**' || pattern.endsWith('.*.**') ||
        parts.some((part, i) => parts[i - 1] === '**' &&
            (part === '*' || said.indexOf(part) !== said.lastIndexOf(part)));
}

/* EventEmitter2 goes on by the order of what was removed from behind a `**`. */
function canRemove({ pattern }) {
    return !pattern.includes('**.');
}

/* Returns what to tell our library, and what it should answer. */
function makeScenario(random) {
    const emitter = new EventEmitter2({ wildcard: true, delimiter: '.', maxListeners: 0 });
    const lines = ['new'];
    const calls = [];
    const handlers = new Map();
    let heard = [];
    for (let number = 0; number < N_STEPS; number++) {
        const kind = random(8);
        if (kind < 4) {
            const pattern = makePattern(random);
            const handler = () => heard.push(number);
            handlers.set(number, { pattern, handler });
            emitter.on(pattern, handler);
            lines.push(`on ${number} ${pattern}`);
        } else if (kind < 5) {
            const removable = [...handlers.keys()].filter((key) => canRemove(handlers.get(key)));
            if (removable.length === 0) continue;
            const removed = removable[random(removable.length)];
            const { pattern, handler } = handlers.get(removed);
            handlers.delete(removed);
            emitter.off(pattern, handler);
            lines.push(`off ${removed} ${pattern}`);
        } else {
            const name = makeParts(random, LITERALS).join('.');
            heard = [];
            emitter.emit(name);
            lines.push(`call ${name}`);
            calls.push({ name, heard, handlers: new Map(handlers), lines: lines.slice() });
        }
    }
    return { lines, calls };
}

function isSame(a, b) {
    return a.length === b.length && a.every((value, i) => value === b[i]);
}

/* Returns what is wrong with whom we called, or nothing. */
function differ(called, { name, heard, handlers }) {
    const due = [...handlers.keys()].filter((number) => standsFor(handlers.get(number).pattern, name));
    if (!isSame([...called].sort((a, b) => a - b), due)) return `called ${called}, not ${due}`;
    const isPlain = (number) => !isOdd(handlers.get(number).pattern, name);
    const ours = called.filter(isPlain);
    const theirs = heard.filter(isPlain);
    if (!isSame(ours, theirs)) return `called ${ours}, but EventEmitter2 ${theirs}`;
}

function ask(walk, lines) {
    const { status, signal, error, stdout } =
        spawnSync(walk, [], { input: `${lines.join('\n')}\n`, maxBuffer: 1 << 26, stdio: ['pipe', 'pipe', 'inherit'] });
    if (error || status !== 0) throw error || new Error(`walk ended with ${signal || status}`);
    return stdout.toString().split('\n').slice(0, -1)
        .map((line) => line.split(' ').filter(Boolean).map(Number));
}

function main([walk, count = '1000', seed = '1']) {
    const random = makeRandom(Number(seed));
    const scenarios = Array.from({ length: Number(count) }, () => makeScenario(random));
    const calls = scenarios.flatMap((scenario) => scenario.calls);
    const answers = ask(walk, scenarios.flatMap((scenario) => scenario.lines));
    let nWrong = answers.length === calls.length ? 0 : 1;
    let nOrdered = 0;
    calls.forEach((call, i) => {
        const fault = differ(answers[i], call);
        if (answers[i].length > 1) nOrdered++;
        if (!fault) return;
        nWrong++;
        console.log(`${fault}: ${call.lines.join('; ')}`);
    });
    console.log(`${calls.length} calls, seed ${seed}: ${nOrdered} of several handlers, ${nWrong} wrong`);
    if (nOrdered < calls.length / 10) console.log('too few to prove anything');
    process.exit(nWrong || nOrdered < calls.length / 10 ? 1 : 0);
}

main(process.argv.slice(2));
