'use strict';

/*
 * Asks the original router's rules about many packets and compares what our
 * scanner makes of them.
 *
 * usage: compare.js <scanner> [packets to generate] [seed]
 */

const { spawnSync } = require('child_process');

const { Generator } = require('./generate');
const { isSame, judge } = require('./judge');
const { picked } = require('./picked');

const BATCH = 2000;
const FROM = 'eHrdFcnvvHcCE-w=';

function scan(scanner, packets) {
    const input = Buffer.concat(packets.flatMap((packet) => {
        const size = Buffer.alloc(4);
        size.writeUInt32LE(packet.length);
        return [size, packet];
    }));
    const { status, signal, error, stdout } =
        spawnSync(scanner, [], { input, maxBuffer: 1 << 26, stdio: ['pipe', 'pipe', 'inherit'] });
    if (error || status !== 0) throw error || new Error(`the scanner ended with ${signal || status}`);
    const lines = stdout.toString().split('\n').slice(0, -1);
    if (lines.length !== packets.length) throw new Error(`${lines.length} answers of ${packets.length}`);
    return lines;
}

/* Returns what is wrong with the scanner's answer, or nothing. */
function differ(bytes, line, { verdict, packet }) {
    const [found, offset, size, toSize, to] = line.split(' ');
    if (found !== verdict) return `${found}, not ${verdict}`;
    if (verdict !== 'relay') return;
    const expectedTo = Buffer.from(packet.to);
    if (Number(toSize) !== expectedTo.length) return `a to of ${toSize} bytes, not ${expectedTo.length}`;
    if (to !== expectedTo.toString('hex', 0, 16)) return `to begins ${to}`;
    const payload = bytes.toString('utf8', Number(offset), Number(offset) + Number(size));
    if (!isSame(JSON.parse(payload), packet.payload)) return `a payload of ${payload}`;
    const before = bytes[Number(offset) - 1];
    const behind = bytes[Number(offset) + Number(size)];
    if (!':\t\n\r '.includes(String.fromCharCode(before)) ||
        !',}\t\n\r '.includes(String.fromCharCode(behind))) return 'a payload cut loosely';
}

function main([scanner, count = '6000', seed = '1']) {
    const generator = new Generator(Number(seed));
    const generated = Array.from({ length: Number(count) }, () => generator.next());
    const packets = [...picked, ...generated];
    const tally = { relay: 0, malformed: 0, whoami: 0 };
    let nWrong = 0;
    for (let first = 0; first < packets.length; first += BATCH) {
        const batch = packets.slice(first, first + BATCH);
        scan(scanner, batch).forEach((line, i) => {
            const expected = judge(batch[i].toString(), FROM);
            const fault = differ(batch[i], line, expected);
            tally[expected.verdict]++;
            if (fault) {
                nWrong++;
                console.log(`${fault.slice(0, 200)}: ${JSON.stringify(batch[i].toString()).slice(0, 2000)}`);
            }
        });
    }
    console.log(`${packets.length} packets, seed ${seed}:`, tally, `${nWrong} wrong`);
    const isOneSided = Math.min(tally.relay, tally.malformed) < packets.length / 5;
    if (isOneSided) console.log('too few of one kind to prove anything');
    process.exit(nWrong || isOneSided ? 1 : 0);
}

main(process.argv.slice(2));
