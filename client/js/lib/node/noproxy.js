/*
 * Hosts that are reached without a proxy: no_proxy, as curl reads it. The same
 * as client/noproxy.c has for the C library.
 */

import { BlockList, isIP } from 'node:net';

/* 4 or 6; 0: a name. One with a zone is none that a list could have. */
function familyOf(host) {
  return host.includes('%') ? 0 : isIP(host);
}

function isInNetwork(network, bits, host) {
  const family = familyOf(network);
  const most = family === 4 ? 32 : 128;
  const nBits = bits === undefined ? most : Number(bits);
  if (family !== familyOf(host) || !/^\d{1,3}$/.test(bits ?? '0') || nBits > most) return false;
  const list = new BlockList();
  list.addSubnet(network, nBits, `ipv${family}`);
  return list.check(host, `ipv${family}`);
}

function isNameOrBelow(host, name) {
  const [below, above] = [host, name].map((text) => text.toLowerCase().replace(/\.$/, ''));
  const wanted = above.replace(/^\./, '');
  return wanted !== '' && (below === wanted || below.endsWith(`.${wanted}`));
}

/* An entry taken apart; undefined: it makes no sense. */
function parse(entry) {
  const [, whole, bits] = /^([^/]*)(?:\/(.*))?$/.exec(entry);
  const [, address, addressPort] = /^\[([^\]]*)\](?::(.*))?$/.exec(whole) ?? [];
  if (address !== undefined) return { host: address, bits, port: addressPort };
  if (whole.startsWith('[')) return undefined;
  const [, name, port] = /^([^:]*):([^:]*)$/.exec(whole) ?? []; /* more of them: IPv6 */
  return name === undefined ? { host: whole, bits } : { host: name, bits, port };
}

function entryNames(entry, host, port) {
  const wanted = parse(entry);
  if (!wanted || (wanted.port && wanted.port !== port)) return false;
  if (wanted.host === '*') return true;
  if (familyOf(host)) return isInNetwork(wanted.host, wanted.bits, host);
  return wanted.bits === undefined && isNameOrBelow(host, wanted.host);
}

/**
 * Whether a list names a host. Its entries are separated by commas or blanks:
 * names, which stand for all names below them too, with or without a dot in
 * front; addresses; networks of addresses (10.0.0.0/8, fd00::/8); or *, which
 * stands for all. Behind each may be :PORT; then an IPv6 address is in brackets.
 * @param {string} list
 * @param {string} host a name or an address, without brackets
 * @param {string} port
 */
export function isNamed(list, host, port) {
  return list.split(/[, \t]+/).some((entry) => entry !== '' && entryNames(entry, host, port));
}
