/*
 * Our package and our command through tinyproxy, a proxy that nobody here wrote.
 *
 * usage: detours.mjs MONOLOGUE
 */

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';

import { Monologue } from '../../client/js/index.js';

const run = promisify(execFile);
const [monologue] = process.argv.slice(2);
const endpoint = process.env.MONOLOGUE_ENDPOINT;
const folder = mkdtempSync(join(tmpdir(), 'monologue-detours-'));

/* It cannot be told to take any. */
async function findPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startProxy() {
  const port = await findPort();
  const file = join(folder, 'tinyproxy.conf');
  writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nLogLevel Info\nMaxClients 20
BasicAuth Aladdin opensesame\n`);
  const tinyproxy = spawn('tinyproxy', ['-d', '-c', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => tinyproxy.kill('SIGKILL'));
  const log = createInterface(tinyproxy.stdout);
  const lines = [];
  log.on('line', (line) => lines.push(line));
  while (!lines.some((line) => line.includes('Accepting connections'))) await once(log, 'line');
  return { tinyproxy, lines, place: `127.0.0.1:${port}` };
}

async function call(proxy) {
  const client = new Monologue({ proxy });
  client.on('echo', (value) => value);
  const id = await client.connect();
  for (const value of ['through', 'x'.repeat(130000)]) {
    assert.equal(await client.call(id, 'echo', value), value);
  }
  const { stdout } = await run(monologue, ['call', '--proxy', proxy, '--ca', process.env.CA_FILE, id, 'echo', '"from C"'])
    .catch(({ stderr }) => assert.fail(stderr));
  assert.equal(stdout, '"from C"\n');
  await client.close();
}

async function beRefused(proxy, url, code, exitCode, message) {
  await assert.rejects(new Monologue({ proxy, endpoint: url }).connect(), { code, message });
  await assert.rejects(
    run(monologue, ['whoami', '--proxy', proxy, '--endpoint', url]),
    { code: exitCode, stderr: message },
  );
}

/* What ws is told of TLS counts in the tunnel as well. */
async function trustNobody(proxy) {
  const failWith = (ws, code) => (
    assert.rejects(new Monologue({ proxy, ws }).connect(), { code }));
  await failWith({ ca: rootCertificates[0] }, 'DEPTH_ZERO_SELF_SIGNED_CERT');
  await failWith({ servername: 'elsewhere.invalid' }, 'ERR_TLS_CERT_ALTNAME_INVALID');
}

const { tinyproxy, lines, place } = await startProxy();
try {
  if (endpoint.startsWith('wss:')) await trustNobody(`http://Aladdin:opensesame@${place}`);
  await call(`http://Aladdin:opensesame@${place}`);
  assert.ok(lines.some((line) => line.includes(`CONNECT ${new URL(endpoint).host} HTTP/1.1`)), lines.join('\n'));
  await beRefused(`http://${place}`, endpoint, 'EACCES', 77, /wants a user and a password/);
  await beRefused(`http://Aladdin:closed@${place}`, endpoint, 'EACCES', 77, /refused its user and password/);
  const nowhere = `ws://127.0.0.1:${await findPort()}/latest`;
  await beRefused(`http://Aladdin:opensesame@${place}`, nowhere, 'EHOSTUNREACH', 69, /does not reach the server/);
  const ended = once(tinyproxy, 'exit');
  tinyproxy.kill('SIGTERM');
  await ended;
  await beRefused(`http://${place}`, endpoint, 'ECONNREFUSED', 69, /the proxy 127\.0\.0\.1/);
} finally {
  rmSync(folder, { recursive: true });
}
