/*
 * A client of the original's kind, as docs/protocol.md describes it and on
 * whatever WebSocket class it is given: calls with tokens, answers in ACKs,
 * and silence for whatever goes wrong.
 */

import { randomUUID } from 'node:crypto';

const TIMEOUT_MS = 15000;

export class Original {
    #calls = new Map();
    #handlers = new Map();

    /* Resolves when the server has told us our id. */
    static connect(WebSocket, { endpoint, apiKey, timeoutMs = TIMEOUT_MS }) {
        const client = new Original();
        client.timeoutMs = timeoutMs;
        client.errors = [];
        client.socket = new WebSocket(endpoint, { headers: { 'x-api-key': apiKey } });
        return new Promise((resolve, reject) => {
            client.socket.once('open', () => client.socket.send('whoami'));
            client.socket.once('error', reject);
            client.socket.once('message', (data) => {
                client.id = String(data);
                client.socket.on('message', (more) => client.#hear(JSON.parse(String(more))));
                resolve(client);
            });
        });
    }

    on(name, handler) {
        this.#handlers.set(name, handler);
    }

    call(to, name, ...args) {
        const token = randomUUID();
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                this.#calls.delete(token);
                reject(new Error(`${name}: no answer`));
            }, this.timeoutMs);
            this.#calls.set(token, { to, resolve, timer });
            this.#send(to, 'REQ', { token, name, args });
        });
    }

    /* Resolves with the code and the reason that the server answers with. */
    close(code, reason) {
        return new Promise((resolve) => {
            this.socket.once('close', (heard, text) => resolve([heard, String(text)]));
            this.socket.close(code, reason);
        });
    }

    #send(to, type, data) {
        this.socket.send(JSON.stringify({ to, payload: { type, data } }));
    }

    #hear(packet) {
        if (!packet.payload) {
            this.errors.push(packet);
            return;
        }
        const { from, payload: { type, data } } = packet;
        if (type === 'REQ') this.#answer(from, data);
        else if (type === 'ACK') this.#settle(from, data);
    }

    async #answer(from, { token, name, args }) {
        const handler = this.#handlers.get(name);
        if (handler) this.#send(from, 'ACK', { token, ret: await handler(...args) });
    }

    #settle(from, { token, ret }) {
        const call = this.#calls.get(token);
        if (!call || call.to !== from) return;
        clearTimeout(call.timer);
        this.#calls.delete(token);
        call.resolve(ret);
    }
}
