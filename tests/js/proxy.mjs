/*
 * An HTTP proxy that digs tunnels, or does what the test says instead. Every
 * name leads to this machine.
 */

import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

export class Proxy {
  asked = []; /* of each CONNECT: where to, and as whom */
  answer = null; /* instead of a tunnel, if anything: bytes, then the end */
  isSilent = false;
  head = ''; /* sent right behind the answer, as if the server had */
  #server = createServer();
  #sockets = new Set();

  static async start() {
    const proxy = new Proxy();
    proxy.#server.on('connection', (socket) => proxy.#keep(socket));
    proxy.#server.on('connect', (...args) => proxy.#dig(...args));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get place() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  #keep(socket) {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#server.emit('gone');
    });
  }

  #dig({ url, headers }, socket) {
    this.asked.push({ url, host: headers.host, authorization: headers['proxy-authorization'] });
    this.#server.emit('asked');
    if (this.isSilent) {
      socket.on('end', () => socket.destroy()).resume();
      return;
    }
    if (this.answer !== null) {
      socket.end(this.answer);
      return;
    }
    const far = connect(new URL(`http://${url}`).port, '127.0.0.1');
    this.#keep(far);
    far.on('connect', () => {
      socket.write(`HTTP/1.1 200 Connection established\r\n\r\n${this.head}`);
      socket.pipe(far).pipe(socket);
    });
    socket.on('close', () => far.destroy());
    far.on('close', () => socket.destroy());
  }

  async wasAsked(n) {
    while (this.asked.length < n) await once(this.#server, 'asked');
  }

  async isIdle() {
    while (this.#sockets.size > 0) await once(this.#server, 'gone');
  }

  drop() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async end() {
    this.#server.close();
    this.drop();
    await this.isIdle();
  }
}
