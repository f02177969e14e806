/* Ways through a proxy: which, and for whom; the tunnel itself. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';

import { Monologue } from '../../client/js/index.js';
import { isNamed } from '../../client/js/lib/node/noproxy.js';
import { findProxy } from '../../client/js/lib/node/proxy.js';
import { Proxy } from './proxy.mjs';
import { event } from './wire.mjs';

const { WebSocketServer } = createRequire(
  createRequire(import.meta.url).resolve('../../client/js'),
)('ws');
const ID = 'q1vQy0qDk2kCAAA=';
const SECURE = 'wss://example.org/latest';
const PLAIN = 'ws://example.org/latest';

/* ---- which: the tables of tests/unit/test_proxy.c and test_noproxy.c ---- */

test('a URL is taken apart', () => {
  const sesame = 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==';
  const cases = [
    ['http://p:3128', 'p', 3128],
    ['http://p:3128/', 'p', 3128],
    ['HTTP://p:3128/any?thing', 'p', 3128],
    ['p:3128', 'p', 3128],
    ['p', 'p', 1080],
    ['http://[::1]:3128', '::1', 3128],
    ['http://127.0.0.1', '127.0.0.1', 1080],
    ['http://Aladdin:open%20sesame@p:1', 'p', 1, sesame],
    ['Aladdin:open%20sesame@p:1', 'p', 1, sesame],
    ['http://user@p', 'p', 1080, 'Basic dXNlcjo='],
    ['http://:@p', 'p', 1080, 'Basic Og=='],
    ['http://u:p:q@p', 'p', 1080, 'Basic dTpwOnE='],
    ['http://u:p@q@p', 'p', 1080, 'Basic dTpwQHE='],
    ['http://%c3%BC:%25@p', 'p', 1080, 'Basic w7w6JQ=='],
    ['http://ü:%25@p', 'p', 1080, 'Basic w7w6JQ=='],
  ];
  for (const [url, host, port, authorization] of cases) {
    assert.deepEqual(findProxy(url, SECURE, {}), { host, port, authorization }, url);
  }
});

test('what is no proxy is refused without telling the password', () => {
  const cases = [
    ['https://p:3128', 'http://'], ['socks5h://u:secret@p:1080', 'http://'],
    ['http://', 'host'], ['http://:3128', 'host'], ['http://p:0', 'port'], ['http://p:', 'port'],
    ['http://p:http', 'port'], ['http://p:65536', 'port'], ['http://p:1e3', 'port'],
    ['http://u:secret@', 'host'], ['http://[::1', 'brackets'], ['http://[::1]x', 'brackets'],
    ['http://[]:1', 'host'], ['http://p q', 'blanks'], ['http://p\r\nX: y', 'control'],
    ['http://u:secret%@p', '%XX'], ['http://u:secret%2@p', '%XX'], ['http://u:secret%2x@p', '%XX'],
    ['http://u:secret%00@p', '%XX'], [`http://secret:${'u'.repeat(1018)}@p`, 'too long'], [5, 'string'],
  ];
  for (const [url, word] of cases) {
    assert.throws(() => findProxy(url, SECURE, {}), ({ code, message }) => (
      code === 'EINVAL' && message.startsWith('the option proxy') && message.includes(word)
        && !message.includes('secret')), String(url));
  }
  assert.ok(findProxy(`http://secret:${'u'.repeat(1017)}@p`, SECURE, {}));
});

test('the environment tells the proxy of each scheme', () => {
  const cases = [
    [{}, null, null],
    [{ https_proxy: 's:1' }, 's', null],
    [{ HTTPS_PROXY: 'S:1' }, 'S', null],
    [{ HTTPS_PROXY: 'S:1', https_proxy: 's:1' }, 's', null],
    [{ https_proxy: '', HTTPS_PROXY: 'S:1' }, 'S', null],
    [{ http_proxy: 'p:1' }, null, 'p'],
    [{ HTTP_PROXY: 'evil:1' }, null, null],
    [{ all_proxy: 'a:1' }, 'a', 'a'],
    [{ ALL_PROXY: 'A:1' }, 'A', 'A'],
    [{ ALL_PROXY: 'A:1', all_proxy: 'a:1' }, 'a', 'a'],
    [{ all_proxy: 'a:1', https_proxy: 's:1' }, 's', 'a'],
    [{ all_proxy: 'a:1', http_proxy: 'p:1' }, 'a', 'p'],
    [{ https_proxy_: 's:1', xhttps_proxy: 's:1', https_prox: 's:1' }, null, null],
    [{ all_proxy: 'a:1', no_proxy: 'example.org' }, null, null],
    [{ all_proxy: 'a:1', NO_PROXY: 'org' }, null, null],
    [{ all_proxy: 'a:1', no_proxy: '*' }, null, null],
    [{ all_proxy: 'a:1', no_proxy: 'example.org:443' }, null, 'a'],
    [{ all_proxy: 'a:1', no_proxy: 'elsewhere', NO_PROXY: '*' }, 'a', 'a'],
    [{ all_proxy: 'a:1', no_proxy: '', NO_PROXY: '*' }, null, null],
  ];
  for (const [environment, secure, plain] of cases) {
    const hosts = [SECURE, PLAIN].map((endpoint) => (
      findProxy(undefined, endpoint, environment)?.host ?? null));
    assert.deepEqual(hosts, [secure, plain], JSON.stringify(environment));
  }
  assert.throws(
    () => findProxy(undefined, SECURE, { ALL_PROXY: 'socks5://p:1080' }),
    { code: 'EINVAL', message: /^ALL_PROXY: only/ },
  );
});

test('an option goes before the environment; this machine needs none', () => {
  const environment = { all_proxy: 'a:1', no_proxy: 'example.org' };
  assert.equal(findProxy('http://o:2', SECURE, environment).host, 'o');
  for (const none of ['', false]) assert.equal(findProxy(none, SECURE, { all_proxy: 'a:1' }), null);
  assert.equal(findProxy(null, SECURE, { all_proxy: 'a:1' }).host, 'a');
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
    assert.equal(findProxy(undefined, `ws://${host}/`, environment), null, host);
    assert.equal(findProxy('o', `ws://${host}/`, environment).host, 'o', host);
  }
});

/* A list, a host that it names or not; its port is 443. */
const lists = [
  ['example.org', ['example.org', 'www.example.org', 'eXample.ORG', 'example.org.'],
    ['notexample.org', 'example.org.evil', 'org', '192.0.2.1']],
  ['www.example.org', ['www.example.org'], ['example.org']],
  ['.example.org', ['example.org', 'www.example.org'], ['notexample.org']],
  ['EXAMPLE.org.', ['example.org'], []],
  ['org', ['example.org'], ['norg']],
  ['a,b example.org\tc', ['a', 'b', 'c', 'example.org'], ['d']],
  [' , ,example.org, ', ['example.org'], ['']],
  ['*', ['example.org', '192.0.2.1', '::1'], []],
  ['a,*', ['example.org'], []],
  ['*.org', [], ['example.org']],
  ['example.org:443', ['example.org'], []],
  ['example.org:80', [], ['example.org']],
  ['example.org:80,example.org:443', ['example.org'], []],
  ['example.org:', ['example.org'], []],
  ['*:443', ['example.org'], []],
  ['192.0.2.1:80', [], ['192.0.2.1']],
  ['192.0.2.1:443', ['192.0.2.1'], []],
  ['[2001:db8::1]:443', ['2001:db8::1'], []],
  ['[2001:db8::1]:80', [], ['2001:db8::1']],
  ['192.0.2.1', ['192.0.2.1'], ['192.0.2.10']],
  ['2.1', [], ['192.0.2.1']],
  ['192.0.2.0/24', ['192.0.2.255'], ['192.0.3.0', 'example.org']],
  ['192.0.2.128/25', ['192.0.2.128'], ['192.0.2.127']],
  ['10.0.0.0/7', ['11.255.0.1'], ['12.0.0.1']],
  ['0.0.0.0/0', ['192.0.2.1'], ['2001:db8::1', '::ffff:192.0.2.1']],
  ['192.0.2.1/32', ['192.0.2.1'], ['192.0.2.2']],
  ['192.0.2.1/33,192.0.2.1/,192.0.2.1/x,192.0.2.1/-1', [], ['192.0.2.1']],
  ['example.org/24', [], ['example.org']],
  ['2001:db8::1', ['2001:db8::1'], ['2001:db8::2']],
  ['2001:DB8:0::1', ['2001:db8::1'], []],
  ['[2001:db8::1]', ['2001:db8::1'], []],
  ['2001:db8::/32', ['2001:db8:ffff::1'], ['2001:db9::1']],
  ['::/0', ['2001:db8::1'], ['192.0.2.1']],
  ['::1/128', ['::1'], ['::2']],
  ['::1/129,[::1,[::1]x,/,:443,.', [], ['::1', 'example.org']],
  ['fe80::1%eth0', [], ['fe80::1', '192.0.2.1', 'example.org']],
  ['', [], ['example.org']],
];

test('a host is named by a list, or not', () => {
  for (const [list, named, others] of lists) {
    for (const host of named) assert.ok(isNamed(list, host, '443'), `${list} and ${host}`);
    for (const host of others) assert.ok(!isNamed(list, host, '443'), `${list} and ${host}`);
  }
});

/* ---- the tunnel ---- */

/* A server that knows one id, behind a proxy; nobody else knows the name. */
async function start(t) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => socket.on('message', (data) => {
    if (String(data) === 'whoami') socket.send(ID);
    else server.emit('packet', JSON.parse(data), socket);
  }));
  await once(server, 'listening');
  const proxy = await Proxy.start();
  t.after(() => Promise.all([server.close(), proxy.end()]));
  const { port } = server.address();
  return { server, proxy, endpoint: `ws://nowhere.invalid:${port}/latest`, to: `nowhere.invalid:${port}` };
}

async function failureOf(options) {
  return new Monologue(options).connect().then(() => assert.fail('connected'), (error) => error);
}

test('a tunnel leads to the server', async (t) => {
  const { server, proxy, endpoint, to } = await start(t);
  const client = new Monologue({ endpoint, proxy: proxy.place });
  assert.equal(await client.connect(), ID);
  server.once('packet', ({ payload: { data: { token } } }, socket) => {
    socket.send(JSON.stringify({ from: ID, payload: { type: 'ACK', data: { token, ret: 5 } } }));
  });
  assert.equal(await client.call(ID, 'add', 2, 3), 5);
  assert.deepEqual(proxy.asked, [{ url: to, host: to, authorization: undefined }]);
  await client.close();
  await proxy.isIdle();
});

test('the proxy is shown user and password', async (t) => {
  const { proxy, endpoint } = await start(t);
  const client = new Monologue({ endpoint, proxy: `http://Aladdin:open%20sesame@${proxy.place}` });
  await client.connect();
  assert.equal(proxy.asked[0].authorization, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
  await client.close();
});

test('the environment leads through it, an agent of the own goes before', async (t) => {
  const { proxy, endpoint } = await start(t);
  const before = { ...process.env };
  t.after(() => { process.env = before; });
  process.env = { http_proxy: `http://${proxy.place}` };
  const client = new Monologue({ endpoint });
  assert.equal(await client.connect(), ID);
  assert.equal(proxy.asked.length, 1);
  await client.close();
  const { Agent } = await import('node:http');
  const own = new Monologue({ endpoint: endpoint.replace('nowhere.invalid', '127.0.0.1'), ws: { agent: new Agent() } });
  assert.equal(await own.connect(), ID);
  assert.equal(proxy.asked.length, 1);
  await own.close();
});

test('an IPv6 address is asked for in brackets', async (t) => {
  const { proxy } = await start(t);
  proxy.answer = 'HTTP/1.1 502 Bad Gateway\r\n\r\n';
  await failureOf({ endpoint: 'ws://[2001:db8::1]/latest', proxy: proxy.place });
  await failureOf({ endpoint: 'wss://example.org/latest', proxy: proxy.place });
  assert.deepEqual(proxy.asked.map(({ url }) => url), ['[2001:db8::1]:80', 'example.org:443']);
});

test('what comes right behind the answer is the server\'s', async (t) => {
  const { proxy, endpoint } = await start(t);
  proxy.head = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n';
  assert.equal((await failureOf({ endpoint, proxy: proxy.place })).code, 'EKEYREJECTED');
});

const refusals = [
  ['HTTP/1.1 407 Who?\r\nProxy-Authenticate: Basic\r\nContent-Length: 4\r\n\r\nWho?', 'EACCES', /wants a user/],
  ['HTTP/1.1 401 Who?\r\n\r\n', 'EACCES', /wants a user/],
  ['HTTP/1.1 403 Forbidden\r\n\r\n', 'EACCES', /forbids/],
  ['HTTP/1.1 502 Bad Gateway\r\n\r\n<html>', 'EHOSTUNREACH', /HTTP 502/],
  ['HTTP/1.0 400 Bad Request\r\n\r\n', 'ECONNREFUSED', /HTTP 400/],
  ['HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\n\r\n', 'ECONNREFUSED', /HTTP 302/],
  ['SSH-2.0-OpenSSH_9.2\r\n', 'EPROTO', /does not answer in HTTP/],
  ['', 'ECONNRESET', /does not answer/],
  ['HTTP/1.1 200 Con', 'ECONNRESET', /does not answer/],
];

test('a refusal of the proxy is told', async (t) => {
  const { proxy, endpoint } = await start(t);
  for (const [answer, code, message] of refusals) {
    proxy.answer = answer;
    for (const scheme of ['ws:', 'wss:']) {
      const error = await failureOf({ endpoint: endpoint.replace('ws:', scheme), proxy: proxy.place });
      assert.deepEqual([error.code, error.constructor.name], [code, 'MonologueError'], answer);
      assert.match(error.message, message);
      assert.match(error.message, /^the proxy 127\.0\.0\.1 port \d+ /);
    }
  }
  proxy.answer = refusals[0][0];
  const error = await failureOf({ endpoint, proxy: `u:secret@${proxy.place}` });
  assert.match(error.message, /refused its user and password/);
  assert.doesNotMatch(error.message, /secret/);
});

test('a proxy that is not there is told, one that is silent is left', async (t) => {
  const { proxy, endpoint } = await start(t);
  const nobody = createTcpServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address();
  nobody.close();
  await once(nobody, 'close');
  const error = await failureOf({ endpoint, proxy: `127.0.0.1:${port}` });
  assert.equal(error.code, 'ECONNREFUSED');
  assert.match(error.message, /^the proxy 127\.0\.0\.1 port /);
  proxy.isSilent = true;
  for (const scheme of ['ws:', 'wss:']) {
    const options = { endpoint: endpoint.replace('ws:', scheme), proxy: proxy.place };
    assert.equal((await failureOf({ ...options, timeout: 0.05 })).code, 'ETIMEDOUT');
    await proxy.isIdle(); /* nothing is left behind */
    const client = new Monologue(options);
    const connecting = client.connect().catch(({ code }) => code);
    await proxy.wasAsked(proxy.asked.length + 1);
    await client.close();
    assert.equal(await connecting, 'ECANCELED');
    await proxy.isIdle();
  }
});

test('a server that does not speak TLS in the tunnel is told', async (t) => {
  const { proxy, endpoint } = await start(t);
  const error = await failureOf({ endpoint: endpoint.replace('ws:', 'wss:'), proxy: proxy.place });
  assert.match(error.code, /SSL|EPROTO|ECONNRESET/);
});

/* ---- connecting again ---- */

const reconnect = { min: 0.001, max: 0.002 };

test('a refusal of the proxy that will not change ends reconnecting', async (t) => {
  for (const [answer] of refusals.slice(0, 3)) {
    const { proxy, endpoint } = await start(t);
    const client = new Monologue({ endpoint, proxy: proxy.place, reconnect });
    await client.connect();
    const abandoned = event(client, 'abandoned');
    proxy.answer = answer;
    proxy.drop();
    assert.equal((await abandoned).code, 'EACCES');
    assert.equal(proxy.asked.length, 2);
  }
});

test('a proxy in trouble is tried again until it works', async (t) => {
  const { proxy, endpoint } = await start(t);
  const client = new Monologue({ endpoint, proxy: proxy.place, reconnect });
  await client.connect();
  client.events.on('abandoned', assert.fail);
  for (const status of [502, 503, 504]) {
    const found = event(client, 'connected');
    proxy.answer = `HTTP/1.1 ${status} Trouble\r\n\r\n`;
    proxy.drop();
    await proxy.wasAsked(proxy.asked.length + 2);
    proxy.answer = null;
    assert.equal(await found, ID);
  }
  await client.close();
});
