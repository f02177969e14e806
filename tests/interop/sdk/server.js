'use strict';

const { spawn } = require('child_process');
const { once } = require('events');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { createInterface } = require('readline');
const WebSocket = require('ws');

/*
 * A daemon that trusts the one pair of credentials here, and WebSocket clients
 * of it.
 */

const credentials = {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};

/* Writes them down; returns the setting that names the file. */
function credentialsSetting(folder) {
    const file = path.join(folder, 'credentials');
    fs.writeFileSync(file,
        `[${credentials.accessKeyId}]\nsecret = ${credentials.secretAccessKey}\n`, { mode: 0o600 });
    return `--credentials-file=${file}`;
}

class Server {
    static async start(program, settings = []) {
        const server = new Server();
        server.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sdk-'));
        server.process = spawn(program, ['--listen=ws://127.0.0.1:0', '--log-level=warn',
            credentialsSetting(server.folder), ...settings],
        { stdio: ['ignore', 'pipe', 'inherit'] });
        for await (const line of createInterface(server.process.stdout)) {
            const [name, value] = line.split(' ');
            server[name] = value;
            if (server.endpoint && server.apiKey) break;
        }
        if (!server.apiKey) throw new Error('the daemon ended at once');
        server.url = server.endpoint.replace(/^ws/, 'http');
        return server;
    }

    async stop() {
        this.process.kill('SIGTERM');
        const [code, signal] = await once(this.process, 'exit');
        fs.rmSync(this.folder, { recursive: true });
        if (code !== 0) throw new Error(`the daemon ended with ${signal || code}`);
    }

    /* A client that has asked for its id. */
    async connect() {
        const client = new WebSocket(this.endpoint, { headers: { 'x-api-key': this.apiKey } });
        await once(client, 'open');
        const answer = once(client, 'message');
        client.send('whoami');
        client.id = (await answer)[0].toString();
        return client;
    }
}

/* The next message, as text. */
async function read(client) {
    const [data, isBinary] = await once(client, 'message');
    if (isBinary) throw new Error('a binary message');
    return data.toString();
}

module.exports = { Server, credentials, read };
