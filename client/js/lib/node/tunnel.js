/*
 * The way through an HTTP proxy: an agent of Node's whose sockets are tunnels
 * (CONNECT), with TLS inside where the server wants it. One for each connection.
 */

import { Agent, request } from 'node:http';
import { isIP } from 'node:net';
import { connect } from 'node:tls';

import { MonologueError } from '../errors.js';

/* What a refusal means, as in our C library. */
function refusalOf(status, { host, port, authorization }) {
  const [code, what] = status === 407 || status === 401 /* by mistake */
    ? ['EACCES', authorization ? 'refused its user and password' : 'wants a user and a password']
    : status === 403 ? ['EACCES', 'forbids a connection to this server']
      : status >= 500 ? ['EHOSTUNREACH', 'does not reach the server']
        : ['ECONNREFUSED', 'does not open a tunnel'];
  return new MonologueError(code, `the proxy ${host} port ${port} ${what} (HTTP ${status})`);
}

/* A proxy that is not reached, hangs up, or does not speak HTTP. */
function failureOf(error, { host, port }) {
  const isNotHttp = error.code?.startsWith('HPE_');
  /* A route that prohibits it is not the proxy's word. */
  const code = isNotHttp ? 'EPROTO' : error.code === 'EACCES' ? 'EHOSTUNREACH' : error.code;
  const what = isNotHttp ? 'does not answer in HTTP' : 'does not answer';
  return new MonologueError(code ?? 'ECONNREFUSED', `the proxy ${host} port ${port} ${what}: ${error.message}`, error);
}

export class Tunnel extends Agent {
  #proxy;
  #isSecure;
  #asking = null; /* the request to the proxy */

  /**
   * @param {{host: string, port: number, authorization?: string}} proxy
   * @param {boolean} isSecure whether TLS is spoken inside
   */
  constructor(proxy, isSecure) {
    super({ keepAlive: false });
    this.protocol = isSecure ? 'https:' : 'http:'; /* of what goes through it */
    this.#proxy = proxy;
    this.#isSecure = isSecure;
  }

  /* Called by Node's HTTP client, whose options have what TLS is told as well. */
  createConnection(options, done) {
    const { host, port, authorization } = this.#proxy;
    const to = `${isIP(options.host) === 6 ? `[${options.host}]` : options.host}:${options.port}`;
    this.#asking = request({
      method: 'CONNECT',
      host,
      port,
      path: to,
      agent: false,
      headers: { host: to, ...(authorization && { 'proxy-authorization': authorization }) },
    });
    this.#asking.once('error', (error) => done(failureOf(error, this.#proxy)));
    this.#asking.once('connect', ({ statusCode }, socket, head) => {
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head); /* the server's */
        done(null, this.#isSecure ? this.#secure(socket, options) : socket);
      } else {
        socket.destroy();
        done(refusalOf(statusCode, this.#proxy));
      }
    });
    this.#asking.end();
  }

  /* Without a path, which would be that of a local socket. */
  #secure(socket, { path, ...options }) {
    const servername = options.servername || (isIP(options.host) ? '' : options.host);
    return connect({ ...options, socket, servername });
  }

  /* Gives up also what is still being dug. */
  destroy() {
    this.#asking?.destroy();
    super.destroy();
  }
}
