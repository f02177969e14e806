/*
 * What clients say to each other: docs/protocol.md, sections 2 and 3.
 */

import { MonologueError } from './errors.js';

/* Bytes of a packet as the server relays it, "from" and all. */
export const PACKET_MAX = 131072;

const AROUND = '{"from":"0123456789abcdef","payload":}'.length;
const encoder = new TextEncoder();

/* Surely no more than three bytes a character; seldom it matters. */
function isTooLong(payload) {
  const limit = PACKET_MAX - AROUND;
  return payload.length > limit
    || (payload.length * 3 > limit && encoder.encode(payload).length > limit);
}

function write(to, type, data) {
  const payload = JSON.stringify({ type, data });
  if (isTooLong(payload)) {
    throw new MonologueError('EMSGSIZE', `a packet is ${PACKET_MAX} bytes at most`);
  }
  return `{"to":${JSON.stringify(to)},"payload":${payload}}`;
}

/** Throws EMSGSIZE, and whatever JSON.stringify() throws; so do the others. */
export function writeCall(to, token, name, args) {
  return write(to, 'REQ', { token, name, args });
}

export function writeAnswer(to, token, ret) {
  return write(to, 'ACK', { token, ret });
}

export function writeRefusal(to, token, code, message) {
  return write(to, 'NAK', { token, error: { code, message } });
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a message of the server's.
 * @returns {{from: string, type: string, data: object}|{message: string}|null}
 *   a packet; an error frame; or null: neither
 */
export function read(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { from, payload, message } = value;
  if (isObject(payload) && typeof from === 'string' && typeof payload.type === 'string') {
    return { from, type: payload.type, data: isObject(payload.data) ? payload.data : {} };
  }
  return typeof message === 'string' && payload === undefined ? { message } : null;
}
