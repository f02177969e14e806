'use strict';

const { isUtf8 } = require('buffer');

/*
 * Makes packets from a seed: good ones, ones with one thing wrong, and both
 * kinds with bytes changed. The same seed makes the same packets everywhere.
 */

/* Mulberry32: small, and its whole state is one number. */
function createRandom(seed) {
    let state = seed >>> 0;
    return () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
}

class Generator {
    constructor(seed) {
        this.random = createRandom(seed);
    }

    below(n) {
        return Math.floor(this.random() * n);
    }

    chance(probability) {
        return this.random() < probability;
    }

    pick(choices) {
        return choices[this.below(choices.length)];
    }

    list(most, make) {
        return Array.from({ length: this.below(most + 1) }, make);
    }

    space() {
        if (this.chance(0.85)) return '';
        return this.list(4, () => this.pick([' ', '\t', '\n', '\r'])).join('');
    }

    spaced(text) {
        return this.space() + text + this.space();
    }

    hex(unit) {
        const digits = unit.toString(16).padStart(4, '0');
        return '\\u' + (this.chance(0.5) ? digits : digits.toUpperCase());
    }

    /* One piece of a string's text, escapes and lone surrogates included. */
    piece() {
        const plain = 'abz019 _-=/$.,:;{}[]\'\x7f';
        const wide = ['é', 'ß', '€', '\u2028', '\ufeff', '\uffff', '😀', '\u0080'];
        const escapes = ['\\"', '\\\\', '\\/', '\\b', '\\f', '\\n', '\\r', '\\t'];
        switch (this.below(12)) {
        case 0: return this.pick(wide);
        case 1: return this.pick(escapes);
        case 2: return this.hex(this.below(0x10000));
        case 3: return this.hex(0xd800 + this.below(0x800));
        case 4: return this.hex(0xd800 + this.below(0x400)) +
                       this.hex(0xdc00 + this.below(0x400));
        case 5: return plain.repeat(1 + this.below(4));
        default: return this.pick(plain);
        }
    }

    string() {
        const most = this.chance(0.1) ? 60 : 8;
        return '"' + this.list(most, () => this.piece()).join('') + '"';
    }

    digits() {
        const most = this.chance(0.05) ? 400 : 5;
        return String(this.below(10)) + this.list(most, () => this.below(10)).join('');
    }

    number() {
        const whole = this.chance(0.3) ? '0' : String(1 + this.below(9)) + this.digits();
        const fraction = this.chance(0.4) ? '.' + this.digits() : '';
        const exponent = this.chance(0.3)
            ? this.pick(['e', 'E']) + this.pick(['', '+', '-']) + this.digits() : '';
        return this.pick(['', '', '-']) + whole + fraction + exponent;
    }

    value(depth) {
        const kinds = depth > 0 ? 8 : 4;
        switch (this.below(kinds)) {
        case 0: return this.pick(['null', 'true', 'false']);
        case 1: return this.number();
        case 2: case 3: return this.string();
        case 4: case 5: return this.array(depth - 1);
        default: return this.object(depth - 1);
        }
    }

    array(depth) {
        const items = this.list(4, () => this.spaced(this.value(depth)));
        return items.length ? '[' + items.join(',') + ']' : '[' + this.space() + ']';
    }

    /* Members as [name's text, value's text]. */
    members(members) {
        if (!members.length) return '{' + this.space() + '}';
        return '{' + members.map(([name, value]) =>
            this.spaced(name) + ':' + this.spaced(value)).join(',') + '}';
    }

    object(depth) {
        const names = ['to', 'type', 'data', '__proto__', 'constructor', '', '0', 'é'];
        return this.members(this.list(4, () => [
            this.chance(0.5) ? this.name(this.pick(names)) : this.string(),
            this.value(depth),
        ]));
    }

    /* The name in quotes, now and then with some of its characters escaped. */
    name(name) {
        if (this.chance(0.85)) return '"' + name + '"';
        return '"' + [...name].map((c) =>
            this.chance(0.4) && c.length === 1 ? this.hex(c.charCodeAt(0)) : c).join('') + '"';
    }

    shuffled(members) {
        for (let i = members.length - 1; i > 0; i--) {
            const k = this.below(i + 1);
            [members[i], members[k]] = [members[k], members[i]];
        }
        return members;
    }

    /* Whom a good packet is for. */
    receiver() {
        return this.filled();
    }

    filled() {
        return '"' + this.piece() + this.string().slice(1);
    }

    deep() {
        const n = this.below(1500);
        const openers = Array.from({ length: n }, () => this.pick(['[', '{"a":']));
        const closers = openers.map((o) => (o === '[' ? ']' : '}')).reverse();
        return openers.join('') + this.value(1) + closers.join('');
    }

    data() {
        if (this.chance(0.03)) return '{"deep":' + this.deep() + '}';
        return this.object(4);
    }

    /* The last member of each name is good; the ones before need not be. */
    payload(flaw) {
        const members = [];
        if (flaw !== 'no type')
            members.push(['type', flaw === 'bad type'
                ? this.pick(['""', 'null', '0', '[]', '{"a":1}', '["a"]', 'true']) : this.filled()]);
        if (flaw === 'bad data')
            members.push(['data', this.pick(['null', '[]', '"a"', '12', 'false', '[{}]'])]);
        else if (this.chance(0.7))
            members.push(['data', this.data()]);
        if (flaw === 'more in payload')
            members.push([this.pick(['x', '', '__proto__', 'Type', 'to', 'toString']), this.value(1)]);
        return this.dress(members);
    }

    dress(members) {
        const last = this.shuffled(members);
        const early = last.length && this.chance(0.1)
            ? [[this.pick(last)[0], this.value(2)]] : [];
        return this.members([...early, ...last].map(([name, value]) => [this.name(name), value]));
    }

    packet() {
        const flaw = this.chance(0.6) ? 'none' : this.pick([
            'no to', 'bad to', 'no payload', 'bad payload', 'more in root',
            'no type', 'bad type', 'bad data', 'more in payload',
        ]);
        const members = [];
        if (flaw !== 'no to')
            members.push(['to', flaw === 'bad to'
                ? this.pick(['""', 'null', '0', '[]', '{"a":1}', '["a"]', 'true']) : this.receiver()]);
        if (flaw !== 'no payload')
            members.push(['payload', flaw === 'bad payload'
                ? this.pick(['null', '[]', '"a"', '12', 'false', '[{"type":"a"}]'])
                : this.payload(flaw)]);
        if (this.chance(0.3))
            members.push(['from', this.value(3)]);
        if (flaw === 'more in root')
            members.push([this.pick(['x', '', '__proto__', 'To', 'type', 'route', 'toString']),
                this.value(1)]);
        return this.spaced(this.dress(members));
    }

    /* Puts another bracket, brace, comma or colon in the place of one. */
    restructured(bytes) {
        const structure = '[]{},:';
        const places = [...bytes.keys()].filter((i) => structure.includes(String.fromCharCode(bytes[i])));
        if (places.length)
            bytes[this.pick(places)] = this.pick(structure).charCodeAt(0);
        return bytes;
    }

    /* Changes, drops, doubles or swaps a few bytes, or cuts the end off. */
    mutated(bytes) {
        if (this.chance(0.2)) return this.restructured(bytes);
        const telling = Buffer.from('{}[]":,\\u0019-+.eEtfn \t\n\f\0\x1f\'/"');
        for (let n = 1 + this.below(3); n > 0 && bytes.length > 0; n--) {
            const at = this.below(bytes.length);
            const size = 1 + this.below(4);
            const before = bytes.subarray(0, at);
            const here = bytes.subarray(at, at + size);
            const behind = bytes.subarray(at + size);
            const byte = Buffer.of(this.chance(0.9) ? this.pick(telling) : this.below(256));
            bytes = Buffer.concat(this.pick([
                [before, byte, bytes.subarray(at + 1)],
                [before, byte, here, behind],
                [before, behind],
                [before, here, here, behind],
                [before, Buffer.from(here).reverse(), behind],
                [before],
            ]));
        }
        return bytes;
    }

    /* Bytes as a client could send them: always UTF-8. */
    next() {
        const packet = this.packet();
        const mutated = this.chance(0.4) ? this.mutated(Buffer.from(packet)) : Buffer.from(packet);
        return isUtf8(mutated) ? mutated : Buffer.from(packet);
    }
}

module.exports = { Generator };
