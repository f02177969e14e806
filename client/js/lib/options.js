/*
 * What a client is made with: as given, else as found, else by default.
 */

import { demand } from './errors.js';

const TIMEOUT_MAX = 864000; /* ten days: far above what is meant */

const DEFAULTS = {
  timeout: 15,
  listeners: 100,
  requests: 1000,
  keepalive: 240, /* servers hang up after ten minutes */
  session: 7200, /* and whatever happens after two hours */
  frameLimit: 32768, /* bytes; API Gateway takes no longer frame */
  extensions: true,
};

const RECONNECT = { min: 0.5, max: 30, attempts: Infinity };

/* A text from the environment or a file is as good as a number. */
function numberOf(value, name, isGood, wanted) {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  demand(typeof number === 'number' && isGood(number), `${name} must be ${wanted}`);
  return number;
}

function secondsOf(value, name) {
  return numberOf(
    value, name, (n) => n > 0 && n <= TIMEOUT_MAX, `a number of seconds, up to ${TIMEOUT_MAX}`,
  );
}

function countOf(value, name) {
  return numberOf(value, name, (n) => Number.isInteger(n) && n > 0, 'a whole number above 0');
}

function endpointOf(value) {
  demand(value, 'no endpoint is known: give one, set MONOLOGUE_ENDPOINT, or endpoint under '
    + '[opts] in .monologuerc');
  let url;
  try {
    url = new URL(value);
  } catch {
    /* as any other */
  }
  demand(['ws:', 'wss:'].includes(url?.protocol) && url.hash === '', `the endpoint ${value} is no ws:// or wss:// URL without a #`);
  return String(value);
}

/* A key goes into a header line: a line break would forge another one. */
function keyOf(value) {
  demand(value === undefined || typeof value === 'string', 'the API key must be a string');
  demand(!/[^\x20-\x7e]/.test(value ?? ''), 'the API key holds what no header can');
  return value || undefined;
}

function reconnectOf(value) {
  if (!value) return null;
  const { min, max, attempts } = { ...RECONNECT, ...(value === true ? {} : value) };
  secondsOf(min, 'reconnect.min');
  secondsOf(max, 'reconnect.max');
  if (attempts !== Infinity) countOf(attempts, 'reconnect.attempts');
  return { minMs: min * 1000, maxMs: Math.max(min, max) * 1000, attempts };
}

/* Empty, null and 0 of the common ones: as if nothing had been said. */
function said(options) {
  return Object.fromEntries(Object.entries(options ?? {})
    .filter(([, value]) => value !== undefined && value !== null && value !== ''));
}

/**
 * @param {object} given by the program
 * @param {object} found elsewhere
 * Throws EINVAL.
 */
export function makeOptions(given, found = {}) {
  const all = { ...DEFAULTS, ...said(found), ...said(given) };
  return {
    ...all,
    endpoint: endpointOf(all.endpoint),
    apiKey: keyOf(all.apiKey),
    timeoutMs: secondsOf(all.timeout, 'timeout') * 1000,
    listeners: countOf(all.listeners, 'listeners'),
    requests: countOf(all.requests, 'requests'),
    frameLimit: countOf(all.frameLimit, 'frameLimit'),
    keepaliveMs: all.keepalive === false ? 0 : secondsOf(all.keepalive, 'keepalive') * 1000,
    reconnect: reconnectOf(all.reconnect),
    sessionMs: secondsOf(all.session, 'session') * 1000,
  };
}

/** The timeout of one call, in milliseconds. */
export function timeoutOf(seconds, options) {
  return seconds === undefined ? options.timeoutMs : secondsOf(seconds, 'timeout') * 1000;
}
