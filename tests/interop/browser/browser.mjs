/*
 * Our package in a real browser, whose page cannot send x-api-key: the page, a
 * program on Node and the monologue command call each other, plain and over TLS.
 *
 * usage: browser.mjs MONOLOGUED MONOLOGUE CHROMIUM CHROMEDRIVER
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Monologue } from '../../../client/js/index.js';
import { Server } from '../server.mjs';
import { Browser } from './webdriver.mjs';

const [monologued, monologue, chromium, chromedriver] = process.argv.slice(2);
const root = new URL('../../../', import.meta.url);
const apiKey = 's3cret-of-a/page+';
const folder = mkdtempSync(join(tmpdir(), 'monologue-browser-'));
const certificate = join(folder, 'certificate.pem');
const tls = ['--tls-self-signed', `--tls-certificate=${certificate}`, `--tls-key=${folder}/key.pem`];

/* Serves the page, the package and nothing else. */
async function servePage() {
  const server = createServer((request, response) => {
    const path = request.url === '/page.mjs' ? 'tests/interop/browser/page.mjs' : request.url.slice(1);
    if (request.url === '/') {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>a page</title>');
    } else if (/^(client\/js\/[\w/]+\.js|tests\/interop\/browser\/page\.mjs)$/.test(path)) {
      response.setHeader('Content-Type', 'text/javascript');
      response.end(readFileSync(new URL(path, root)));
    } else {
      response.writeHead(404).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const start = (listen, ...options) => Server.start(
  monologued, listen, `--api-key=${apiKey}`, ...tls, ...options,
);

async function callEachOther(page, server, keyIn) {
  const { endpoint } = server;
  const id = await page('connect', keyIn, { endpoint, apiKey, keyIn });
  const node = new Monologue({ endpoint, apiKey, ws: { ca: readFileSync(certificate) } });
  await node.connect();
  node.on('add', (a, b) => a + b).on('echo', (value) => value);

  assert.equal(await page('call', keyIn, node.id, 'add', 2, 3), 5);
  assert.equal(await node.call(id, 'upper', 'héllo'), 'HÉLLO');
  assert.deepEqual(await node.call(id, 'page.title'), [node.id, 'page.title', 'a page']);
  const { stdout } = await promisify(execFile)(monologue, ['call', id, 'upper', 'from C'], {
    env: { MONOLOGUE_ENDPOINT: endpoint, MONOLOGUE_API_KEY: apiKey, SSL_CERT_FILE: certificate },
  });
  assert.equal(stdout, '"FROM C"\n');

  const many = Array.from({ length: 200 }, (_, i) => node.call(id, 'upper', `a${i}`));
  (await Promise.all(many)).forEach((ret, i) => assert.equal(ret, `A${i}`));
  await assert.rejects(node.call(id, 'breaks'), { code: 'EREMOTEIO', message: /as it does/ });
  await assert.rejects(node.call(id, 'no such name'), { code: 'ENOSYS' });
  await assert.rejects(page('call', keyIn, node.id, 'no such name'), { code: 'ENOSYS' });
  await assert.rejects(page('call', keyIn, 'eHrdFcnvvHcCE-w=', 'upper'), { code: 'ENOENT' });
  const long = 'x'.repeat(32600); /* as much as fits a frame, roughly */
  assert.equal(await page('call', keyIn, node.id, 'echo', long), long);
  assert.equal(await node.call(id, 'echo', long), long);
  await assert.rejects(page('call', keyIn, node.id, 'echo', `${long}${'é'.repeat(99)}`), { code: 'EMSGSIZE' });
  await assert.rejects(node.call(id, 'echo', `${long}${'é'.repeat(99)}`), { code: 'EMSGSIZE' });
  assert.equal(await page('close', keyIn), '');
  await node.close();
}

/* A page is told no more than that it cannot connect. */
async function beRefused(page, endpoint, key = 'guess') {
  for (const keyIn of ['subprotocol', 'query']) {
    await assert.rejects(
      page('connect', 'refused', { endpoint, apiKey: key, keyIn }),
      { code: 'ECONNREFUSED', message: /browser_keys/ },
    );
  }
}

async function surviveARestart(page) {
  const server = await start('ws://127.0.0.1:0', '--browser-keys');
  const reconnect = { min: 0.01, max: 0.1 };
  const id = await page('connect', 'again', { endpoint: server.endpoint, apiKey, reconnect });
  assert.equal(await page('hear', 'again', 'connected'), id);
  await server.end();
  const { code, reason, willReconnect } = await page('hear', 'again', 'disconnected');
  assert.deepEqual([code, reason, willReconnect], [1001, 'Going away', true]);
  const other = await start(server.address, '--browser-keys');
  const newId = await page('hear', 'again', 'connected');
  assert.notEqual(newId, id);
  assert.equal(await page('call', 'again', newId, 'upper', 'me'), 'ME');
  await page('close', 'again');
  await other.end();
}

/* A page that goes by a limit of a second, not of two hours. */
async function leaveInTime(page) {
  const server = await start('ws://127.0.0.1:0', '--browser-keys');
  const options = { endpoint: server.endpoint, apiKey, reconnect: true, session: 1 };
  const id = await page('connect', 'wise', options);
  assert.equal(await page('hear', 'wise', 'connected'), id);
  const { byUs, error, willReconnect } = await page('hear', 'wise', 'disconnected');
  assert.deepEqual([byUs, error, willReconnect], [true, null, true]);
  const newId = await page('hear', 'wise', 'connected');
  assert.notEqual(newId, id);
  assert.equal(await page('call', 'wise', newId, 'upper', 'me'), 'ME');
  await page('close', 'wise');
  await server.end();
}

async function run(page) {
  for (const scheme of ['ws', 'wss']) {
    const relay = await start(`${scheme}://127.0.0.1:0`, '--browser-keys');
    for (const keyIn of ['subprotocol', 'query']) await callEachOther(page, relay, keyIn);
    await beRefused(page, relay.endpoint);
    await relay.end();
    const strict = await start(`${scheme}://127.0.0.1:0`);
    await beRefused(page, strict.endpoint, apiKey);
    await strict.end();
  }
  await surviveARestart(page);
  await leaveInTime(page);
}

const server = await servePage();
const browser = await Browser.start(chromium, chromedriver);
try {
  await browser.open(`http://localhost:${server.address().port}/`);
  await run((...args) => browser.run('/page.mjs', ...args));
} finally {
  await browser.end();
  server.close();
  rmSync(folder, { recursive: true });
}
