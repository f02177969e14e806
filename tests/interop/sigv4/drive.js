'use strict';

/*
 * Has requests signed by those who do it for a living, and asks our verifier
 * about them: as they are, and with something changed.
 *
 * usage: drive.js <verifier>
 */

const { once } = require('events');
const { spawn } = require('child_process');
const net = require('net');

const { signers } = require('./signers');
const { changes } = require('./changes');

const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const wrongKey = { ...key, secretAccessKey: 'another' };

/* Answers with the error's name, "none" if there is no error. */
async function ask(port, request) {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(request);
    let answer = '';
    for await (const piece of socket) answer += piece;
    const [, type] = /\r\nx-amzn-ErrorType: (\w+)\r\n/.exec(answer) || [];
    if (!type) throw new Error(`no answer to ${request}`);
    return { type, answer };
}

function isComplete(request) {
    const end = request.indexOf('\r\n\r\n');
    const [, size = 0] = /\r\ncontent-length: *(\d+)/i.exec(request.toString('latin1', 0, end + 2)) || [];
    return end >= 0 && request.length >= end + 4 + Number(size);
}

/* Stands between signers and verifier, and keeps the last request. */
function record(port) {
    const recorder = net.createServer(async (socket) => {
        socket.on('error', () => {});
        let request = Buffer.alloc(0);
        for await (const piece of socket.iterator({ destroyOnReturn: false })) {
            request = Buffer.concat([request, piece]);
            if (isComplete(request)) break;
        }
        if (!isComplete(request)) return;
        const { type, answer } = await ask(port, request);
        recorder.last = { request, type };
        socket.end(answer);
    });
    return recorder;
}

async function main([verifier]) {
    const verify = spawn(verifier, [key.accessKeyId, key.secretAccessKey], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(verify.stdout, 'data');
    const recorder = record(Number(line));
    recorder.listen(0, '127.0.0.1');
    await once(recorder, 'listening');
    const url = `http://127.0.0.1:${recorder.address().port}`;

    let nWrong = 0;
    let nAsked = 0;
    const expect = (what, type, expected) => {
        nAsked++;
        if (type === expected) return;
        nWrong++;
        console.log(`${what}: ${type}, not ${expected}`);
    };
    for (const { name, sign, isHere = () => true } of signers) {
        if (!isHere()) {
            console.log(`${name}: not here`);
            continue;
        }
        recorder.last = { type: 'nothing was sent' };
        await sign(url, wrongKey);
        expect(`${name} with another secret`, recorder.last.type, 'InvalidSignatureException');
        recorder.last = { type: 'nothing was sent' };
        await sign(url, key);
        const { request, type } = recorder.last;
        expect(name, type, 'none');
        if (type !== 'none') continue;
        for (const { what, change, expected } of changes) {
            const changed = change(request.toString('latin1'));
            if (changed === undefined) continue;
            const found = await ask(Number(line), Buffer.from(changed, 'latin1'));
            expect(`${name} with ${what}`, found.type, expected);
        }
    }
    recorder.close();
    verify.stdin.end();
    const [status] = await once(verify, 'exit');
    console.log(`${nAsked} requests, ${nWrong} answers wrong`);
    process.exit(nWrong || status ? 1 : 0);
}

main(process.argv.slice(2));
