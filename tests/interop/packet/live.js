'use strict';

/*
 * Sends many packets through a real daemon of two workers, and asks the
 * original router's rules of each who must hear what.
 *
 * usage: live.js <monologued> [packets to generate] [seed]
 */

const { Listeners, send, startDaemon, stopDaemon } = require('./endpoints');
const { Generator } = require('./generate');
const { isSame, judge } = require('./judge');
const { picked } = require('./picked');

const MESSAGE_MOST = 131072; /* with more, the connection ends */
const SILENCE_EVERY = 500;

/* Makes packets for those who are there, and now and then for others. */
class LiveGenerator extends Generator {
    constructor(seed, ids) {
        super(seed);
        this.ids = ids;
    }

    receiver() {
        if (this.chance(0.1)) return this.filled();
        return this.name(this.pick(this.ids));
    }
}

/* Handpicked packets are for "a": sent as they are, and for each who is there. */
function addressed(ids) {
    return picked.flatMap((packet) => {
        const text = packet.toString();
        const to = '"to":"a"';
        return text.includes(to)
            ? [packet, ...ids.map((id) => Buffer.from(text.replace(to, `"to":"${id}"`)))]
            : [packet];
    });
}

/* What the original's JSON.stringify makes of it; null where it gives up. */
function stringify(value) {
    try {
        return JSON.stringify(value);
    } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        return null;
    }
}

/* Who must hear what: the sender its id or an error, or a receiver a packet. */
function expect(text, sender, clients) {
    const { verdict, packet } = judge(text, sender.id);
    if (verdict === 'whoami') return { kind: 'id', client: sender };
    const client = verdict === 'relay' && clients.find(({ id }) => id === packet.to);
    if (!client) return { kind: 'error', client: sender };
    const value = { from: sender.id, payload: packet.payload };
    return { kind: 'packet', client, value, text: stringify(value) };
}

const errorShape = (id) => new RegExp('^\\{"message": "Internal server error", ' +
    `"connectionId":"${id}", "requestId":"[A-Za-z0-9_-]{14}[AQgw]="\\}$`);

/*
 * Returns what is wrong with a packet's text, or nothing. The value is the
 * sender's in all, also in what JSON.stringify loses (-0, 1e999); written anew
 * it is what the original sends.
 */
function differPacket(text, expected) {
    const value = JSON.parse(text);
    if (!isSame(value, expected.value)) return 'another value';
    if (stringify(value) !== expected.text) return 'another text once it is written anew';
}

function differ({ client, data, isBinary, code }, expected) {
    if (code !== undefined) return `a close with ${code}`;
    if (isBinary) return 'a binary message';
    if (client !== expected.client) return `it reached ${client.id}, not ${expected.client.id}`;
    const text = data.toString();
    if (expected.kind === 'packet') {
        if (text.startsWith('{"message"')) return 'an error, not a packet';
        return differPacket(text, expected);
    }
    const shape = expected.kind === 'id' ? new RegExp(`^${client.id}$`) : errorShape(client.id);
    if (!shape.test(text)) return `no ${expected.kind} but ${text.slice(0, 200)}`;
}

/* Everybody tells everybody something: only that may be heard. */
async function isSilent(listeners, clients) {
    const awaited = new Set();
    for (const from of clients) {
        for (const to of clients) {
            awaited.add(`${to.id}{"from":"${from.id}","payload":{"type":"silence"}}`);
            send(from, Buffer.from(`{"to":"${to.id}","payload":{"type":"silence"}}`));
        }
    }
    for (let n = awaited.size; n > 0; n--) {
        const { client, data } = await listeners.next();
        if (!awaited.delete(`${client.id}${data}`)) return false;
    }
    return listeners.heard.length === 0;
}

async function run(listeners, count, seed) {
    const clients = [];
    for (let i = 0; i < 4; i++) clients.push(await listeners.connect());
    const ids = clients.map(({ id }) => id);
    if (new Set(ids.map((id) => id.slice(-4))).size !== 2) throw new Error('not two workers');

    const generator = new LiveGenerator(seed, ids);
    const edges = addressed(ids);
    const tally = { packet: 0, error: 0, id: 0, 'rewritten by the original': 0 };
    let nWrong = 0;
    for (let i = 0; i < edges.length + count; i++) {
        const bytes = i < edges.length ? edges[i] : generator.next();
        if (bytes.length > MESSAGE_MOST) continue;
        const sender = generator.pick(clients);
        const expected = expect(bytes.toString(), sender, clients);
        send(sender, bytes);
        const event = await listeners.next();
        const fault = differ(event, expected);
        tally[expected.kind]++;
        if (!fault && expected.kind === 'packet' && event.data.toString() !== expected.text)
            tally['rewritten by the original']++;
        if (fault) {
            nWrong++;
            console.log(`${fault}: ${JSON.stringify(bytes.toString()).slice(0, 2000)}`);
        }
        if (i % SILENCE_EVERY === 0 && !await isSilent(listeners, clients)) {
            nWrong++;
            console.log('more was heard than was to be');
        }
    }
    if (!await isSilent(listeners, clients)) nWrong++;
    for (const client of clients) client.terminate();
    return { tally, nWrong };
}

async function main([program, count = '5000', seed = '1']) {
    const { daemon, ...told } = await startDaemon(program, ['--workers=2']);
    let result;
    try {
        result = await run(new Listeners(told), Number(count), Number(seed));
    } finally {
        await stopDaemon(daemon);
    }
    const { tally, nWrong } = result;
    console.log(`${count} packets and the edges, seed ${seed}:`, tally, `${nWrong} wrong`);
    const isOneSided = Math.min(tally.packet, tally.error) < Number(count) / 5;
    if (isOneSided) console.log('too few of one kind to prove anything');
    process.exit(nWrong || isOneSided ? 1 : 0);
}

main(process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
