/*
 * Which proxy leads to the server: as an option says, or the environment. The
 * same as client/proxy.c has for the C library.
 */

import { demand } from '../errors.js';
import { isNamed } from './noproxy.js';

const DEFAULT_PORT = 1080;
const PORT_MAX = 65535;
const PAIR_MAX = 1024; /* bytes of user:password */

/* HTTP_PROXY may be a header that a web server passed on to a CGI program. */
const VARIABLES = {
  'wss:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'ws:': ['http_proxy', 'all_proxy', 'ALL_PROXY'],
};
const EXCEPTIONS = ['no_proxy', 'NO_PROXY'];
/* To a proxy these are its own: as Go's programs, and unlike curl. */
const LOOPBACK = 'localhost,127.0.0.0/8,::1';

/* The first of these variables that is set and not empty. */
function firstOf(names, environment) {
  return names.find((name) => environment[name]);
}

/* Bytes as characters; undefined: there is a % that is not %XX. */
function decode(text) {
  const bytes = Buffer.from(text).toString('latin1');
  if (/%(?![0-9a-f]{2})|%00/i.test(bytes)) return undefined;
  return bytes.replace(/%(..)/g, (all, digits) => String.fromCharCode(parseInt(digits, 16)));
}

/* Basic credentials (RFC 7617) from USER[:PASSWORD], percent-encoded. */
function authorizationOf(userInfo) {
  const [user, ...password] = userInfo.split(':');
  const pair = [user, password.join(':')].map(decode);
  if (pair.includes(undefined) || pair.join(':').length > PAIR_MAX) return undefined;
  return `Basic ${Buffer.from(pair.join(':'), 'latin1').toString('base64')}`;
}

/* What it says does not quote the URL, which may hold a password. */
function parse(url, source) {
  const check = (isGood, why) => demand(isGood, `${source}: ${why} (a proxy looks like http://host:port)`);
  check(!/[\x00-\x20\x7f]/.test(url), 'it holds blanks or control characters');
  const rest = url.replace(/^http:\/\//i, '');
  check(!/^[^/?#]*:\/\//.test(rest), 'only proxies with http:// are supported');
  const [authority] = /^[^/?#]*/.exec(rest);
  const [, userInfo, place] = /^(?:(.*)@)?(.*)$/.exec(authority);
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^[:][^:]*|))(?::(.*))?$/.exec(place) ?? [];
  const host = bracketed ?? plain;
  check(host !== undefined || !place.startsWith('['), 'the address in brackets is not complete');
  check(host, 'the host is missing');
  check(port === undefined || (/^\d{1,5}$/.test(port) && port >= 1 && port <= PORT_MAX), 'the port is not 1 to 65535');
  const authorization = userInfo === undefined ? undefined : authorizationOf(userInfo);
  check(userInfo === undefined || authorization, 'user and password are too long, or have a % that is not %XX');
  return { host, port: Number(port ?? DEFAULT_PORT), authorization };
}

/* The host without brackets. */
function placeOf(endpoint) {
  const { protocol, hostname, port } = new URL(endpoint);
  return {
    scheme: protocol,
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port || (protocol === 'wss:' ? '443' : '80'),
  };
}

/**
 * Finds the proxy for an endpoint.
 * @param {string|false|null|undefined} given `http://[USER:PASSWORD@]HOST[:PORT]`,
 *   where http:// may be left out and the port is 1080 by default, as with curl;
 *   '' or false: no proxy; null or undefined: what the environment says
 * @param {string} endpoint a good one
 * @returns {{host: string, port: number, authorization?: string}|null}
 * Throws EINVAL, which names the option or the variable.
 */
export function findProxy(given, endpoint, environment = process.env) {
  const { scheme, host, port } = placeOf(endpoint);
  if (given !== undefined && given !== null) {
    demand(given === false || typeof given === 'string', 'the option proxy must be a string, or false');
    return given ? parse(given, 'the option proxy') : null;
  }
  const exceptions = firstOf(EXCEPTIONS, environment);
  if (isNamed(LOOPBACK, host, port)) return null;
  if (exceptions && isNamed(environment[exceptions], host, port)) return null;
  const name = firstOf(VARIABLES[scheme], environment);
  return name ? parse(environment[name], name) : null;
}
