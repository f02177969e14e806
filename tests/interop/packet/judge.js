'use strict';

/* The rules of the original router, which are JSON.parse and an ajv schema. */

const Ajv = require('ajv');

const validate = new Ajv().compile({
    type: 'object',
    properties: {
        to: { type: 'string', minLength: 1 },
        from: { type: 'string', minLength: 1 },
        payload: {
            type: 'object',
            properties: {
                type: { type: 'string', minLength: 1 },
                data: { type: 'object' },
            },
            required: ['type'],
            additionalProperties: false,
        },
    },
    required: ['to', 'from', 'payload'],
    additionalProperties: false,
});

/* Returns a verdict on the text that @from sent, and the packet to relay, if so. */
function judge(text, from) {
    if (text === 'whoami') return { verdict: 'whoami' };
    try {
        const packet = JSON.parse(text);
        packet.from = from;
        if (validate(packet)) return { verdict: 'relay', packet };
    } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    }
    return { verdict: 'malformed' };
}

/* Deep equality, order of members and sign of zero included, at any depth. */
function isSame(a, b) {
    const pairs = [[a, b]];
    while (pairs.length) {
        const [x, y] = pairs.pop();
        if (Object.is(x, y)) continue;
        if (x === null || y === null || typeof x !== 'object' || typeof y !== 'object') return false;
        if (Array.isArray(x) !== Array.isArray(y)) return false;
        const names = Object.keys(x);
        const others = Object.keys(y);
        if (names.length !== others.length) return false;
        for (let i = 0; i < names.length; i++) {
            if (names[i] !== others[i]) return false;
            pairs.push([x[names[i]], y[names[i]]]);
        }
    }
    return true;
}

module.exports = { isSame, judge };
