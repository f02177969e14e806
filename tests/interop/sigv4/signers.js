'use strict';

/* Who signs: each sends one request of its own to a URL, with a key. */

const { spawn, spawnSync } = require('child_process');
const { once } = require('events');
const http = require('http');
const path = require('path');

const aws4 = require('aws4');
const sdk = require('@aws-sdk/client-apigatewaymanagementapi');
const { Sha256 } = require('@aws-crypto/sha256-js');
const { SignatureV4 } = require('@smithy/signature-v4');

const REGION = 'eu-west-1';
const SERVICE = 'execute-api';
const ID = 'L0SM9cOFvHcCIhw=';
const PLACE = `/latest/@connections/${encodeURIComponent(ID)}`;
const TOKEN = 'AQoDYXdzEPT//////////wEXAMPLE==';

async function send(options, body) {
    const request = http.request({ agent: false, ...options });
    request.end(body);
    const [response] = await once(request, 'response');
    response.resume();
    await once(response, 'end');
}

async function run(program, args) {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
    await once(child, 'exit');
}

/* Refusals are the verifier's to tell, so those that reach a client are not. */
function bySdk(command, more = {}) {
    return async (url, key) => {
        const client = new sdk.ApiGatewayManagementApiClient({
            endpoint: `${url}/latest`, region: REGION, credentials: { ...key, ...more }, maxAttempts: 1,
        });
        await client.send(command).catch(() => {});
        client.destroy();
    };
}

function byAws4(request) {
    return (url, key) => {
        const { hostname, port, host } = new URL(url);
        const options = { service: SERVICE, region: REGION, hostname, port, ...request };
        options.headers = { Host: host, ...request.headers };
        return send(aws4.sign(options, key), request.body);
    };
}

function bySmithy({ body, ...request }) {
    return async (url, key) => {
        const { hostname, port, host, protocol } = new URL(url);
        const signer = new SignatureV4({ service: SERVICE, region: REGION, credentials: key, sha256: Sha256 });
        const { headers } = await signer.sign({
            hostname, port, protocol, body, ...request, headers: { host, ...request.headers },
        });
        const query = request.query ? `?${new URLSearchParams(request.query)}` : '';
        return send({ hostname, port, method: request.method, path: request.path + query, headers }, body);
    };
}

function byBoto(verb, ...more) {
    return (url, { accessKeyId, secretAccessKey }) =>
        run('/usr/bin/python3', [path.join(__dirname, 'sign.py'), `${url}/latest`,
            accessKeyId, secretAccessKey, verb, ID, ...more]);
}

function hasBoto() {
    return spawnSync('/usr/bin/python3', ['-c', 'import botocore']).status === 0;
}

/*
 * Old ones, such as Debian 12's, sign the path as it is, without encoding it
 * once more, and AWS refuses what they post to @connections. So do we: there is
 * nothing to encode in this path.
 */
function byCurl(...more) {
    return (url, { accessKeyId, secretAccessKey }) =>
        run('curl', ['-s', '--aws-sigv4', `aws:amz:${REGION}:${SERVICE}`,
            '--user', `${accessKeyId}:${secretAccessKey}`, `${url}/latest/plain-place`, ...more]);
}

function hasCurl() {
    const { status, stdout } = spawnSync('curl', ['--help', 'all']);
    return status === 0 && stdout.includes('--aws-sigv4');
}

const signers = [
    { name: 'SDK for JavaScript, POST', sign: bySdk(new sdk.PostToConnectionCommand({ ConnectionId: ID, Data: '{"n":1}' })) },
    { name: 'SDK for JavaScript, GET', sign: bySdk(new sdk.GetConnectionCommand({ ConnectionId: ID })) },
    { name: 'SDK for JavaScript, DELETE', sign: bySdk(new sdk.DeleteConnectionCommand({ ConnectionId: ID })) },
    { name: 'SDK for JavaScript with a session', sign: bySdk(new sdk.GetConnectionCommand({ ConnectionId: ID }), { sessionToken: TOKEN }) },
    { name: 'botocore, POST', isHere: hasBoto, sign: byBoto('post') },
    { name: 'botocore, GET', isHere: hasBoto, sign: byBoto('get') },
    { name: 'botocore, DELETE', isHere: hasBoto, sign: byBoto('delete') },
    { name: 'botocore with a session', isHere: hasBoto, sign: byBoto('post', TOKEN) },
    { name: 'aws4, POST', sign: byAws4({ method: 'POST', path: PLACE, body: '{"n":1}' }) },
    { name: 'aws4, all encoded', sign: byAws4({ method: 'GET', path: `/latest/%40connections/${encodeURIComponent(ID)}` }) },
    { name: 'aws4, nothing encoded', sign: byAws4({ method: 'DELETE', path: `/latest/@connections/${ID}` }) },
    { name: 'aws4, a path with dots', sign: byAws4({ method: 'GET', path: '/latest/.././latest//x/../y/' }) },
    { name: 'aws4, a query', sign: byAws4({ method: 'GET', path: '/latest/?b=%7e%2f&a-=0&a=1&a=%41&a=&a=~&B=x%20y&c' }) },
    { name: 'aws4, headers with blanks', sign: byAws4({ method: 'GET', path: PLACE, headers: { 'X-One': 'a  b   c', 'X-Two': '' } }) },
    { name: 'smithy, POST', sign: bySmithy({ method: 'POST', path: PLACE, body: '{"n":1}', headers: {} }) },
    { name: 'smithy, body unsigned', sign: bySmithy({ method: 'POST', path: PLACE, body: '{"n":1}', headers: { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }) },
    { name: 'smithy, a query', sign: bySmithy({ method: 'GET', path: PLACE, headers: {}, query: { z: '~', a: 'é/=&', 'a-': '*', A: '' } }) },
    { name: 'curl, POST', isHere: hasCurl, sign: byCurl('--data-binary', '{"n":1}') },
    { name: 'curl, GET', isHere: hasCurl, sign: byCurl() },
    { name: 'curl, DELETE', isHere: hasCurl, sign: byCurl('-X', 'DELETE', '-H', 'X-Amz-Security-Token: token') },
];

module.exports = { signers };
