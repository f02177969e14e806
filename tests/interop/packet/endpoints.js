'use strict';

const { spawn } = require('child_process');
const { createInterface } = require('readline');
const WebSocket = require('ws8');

/*
 * A daemon and WebSocket clients of it, for tests that say one thing and then
 * look who heard what.
 */

const FRAME_MOST = 32768;
const PATIENCE_MS = 20000;

/* Starts a daemon; returns the process, its endpoint and its key. */
async function startDaemon(program, settings) {
    const env = Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !name.startsWith('MONOLOGUE')));
    const daemon = spawn(program, ['--listen=ws://127.0.0.1:0', '--log-level=warn', ...settings],
        { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const told = {};
    for await (const line of createInterface(daemon.stdout)) {
        const [name, value] = line.split(' ');
        told[name] = value;
        if (told.endpoint && told.apiKey) return { daemon, ...told };
    }
    throw new Error('the daemon ended before it said where it is');
}

function stopDaemon(daemon) {
    return new Promise((resolve, reject) => {
        daemon.once('exit', (code, signal) =>
            (code === 0 ? resolve() : reject(new Error(`the daemon ended with ${signal || code}`))));
        daemon.kill('SIGTERM');
    });
}

/* Clients that share one queue of what any of them hears. */
class Listeners {
    constructor({ endpoint, apiKey }) {
        this.endpoint = endpoint;
        this.apiKey = apiKey;
        this.heard = [];
        this.waiting = null;
    }

    /* A new client. Its id is known once it has resolved. */
    async connect() {
        const client = new WebSocket(this.endpoint,
            { headers: { 'x-api-key': this.apiKey }, perMessageDeflate: false });
        await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
        client.on('message', (data, isBinary) => this.hear({ client, data, isBinary }));
        client.on('close', (code) => this.hear({ client, code }));
        client.send('whoami');
        client.id = (await this.next()).data.toString();
        return client;
    }

    hear(event) {
        this.heard.push(event);
        if (this.waiting) this.waiting();
    }

    /* What is heard next: { client, data, isBinary } or { client, code }. */
    async next() {
        if (!this.heard.length) {
            await new Promise((resolve, reject) => {
                const timer = setTimeout(() => reject(new Error('nothing is heard')), PATIENCE_MS);
                this.waiting = () => {
                    clearTimeout(timer);
                    this.waiting = null;
                    resolve();
                };
            });
        }
        return this.heard.shift();
    }
}

/* Sends text in as many frames as it takes. */
function send(client, bytes) {
    let first = 0;
    do {
        const piece = bytes.subarray(first, first + FRAME_MOST);
        first += FRAME_MOST;
        client.send(piece, { binary: false, fin: first >= bytes.length });
    } while (first < bytes.length);
}

module.exports = { Listeners, send, startDaemon, stopDaemon };
