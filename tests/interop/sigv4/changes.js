'use strict';

/*
 * What may happen to a signed request on its way, and how it must be refused.
 * A change that does not apply makes nothing.
 */

const INVALID = 'InvalidSignatureException';

function replace(pattern, by) {
    return (request) => {
        const changed = request.replace(pattern, by);
        return changed === request ? undefined : changed;
    };
}

/* Not where the signer has said that the body is not signed. */
function changeBody(request) {
    const isEmpty = request.endsWith('\r\n\r\n');
    if (isEmpty || request.includes('UNSIGNED-PAYLOAD')) return undefined;
    return request.slice(0, -1) + (request.endsWith('x') ? 'y' : 'x');
}

const changes = [
    { what: 'another method', change: replace(/^\w+/, 'PUT'), expected: INVALID },
    { what: 'another path', change: replace(/\/latest\//g, '/later/'), expected: INVALID },
    { what: 'an id less encoded', change: replace('%3D', '='), expected: INVALID },
    { what: 'an @ more encoded', change: replace('@', '%40'), expected: INVALID },
    { what: 'another query', change: replace(' HTTP/1.1', '?more=1 HTTP/1.1'), expected: INVALID },
    { what: 'another host', change: replace(/\r\nhost: */i, '$&x'), expected: INVALID },
    { what: 'another second', change: replace(/(\r\nx-amz-date: *\d{8}T\d{5})(\d)/i, (_, most, digit) => most + (9 - digit)), expected: INVALID },
    { what: 'another year', change: replace(/(\r\nx-amz-date: *)\d{4}/i, '$12015'), expected: INVALID },
    { what: 'another body', change: changeBody, expected: INVALID },
    { what: 'another token', change: replace(/\r\nx-amz-security-token: */i, '$&x'), expected: INVALID },
    { what: 'a header of Amazon\'s', change: replace('\r\n', '\r\nX-Amz-Meta: 1\r\n'), expected: INVALID },
    { what: 'a promise about the body', change: replace(/^((?!x-amz-content-sha256).)*$/is, (all) => all.replace('\r\n', '\r\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\r\n')), expected: INVALID },
    { what: 'another signature', change: replace(/(Signature=[0-9a-f]{63})(.)/, (_, most, digit) => most + (digit === '0' ? '1' : '0')), expected: INVALID },
    { what: 'half a signature', change: replace(/(Signature=[0-9a-f]{32})[0-9a-f]*/, '$1'), expected: INVALID },
    { what: 'another region', change: replace('/eu-west-1/', '/us-west-1/'), expected: INVALID },
    { what: 'another service', change: replace('/execute-api/', '/execute/'), expected: INVALID },
    { what: 'another day', change: replace(/(Credential=\w+\/)\d{8}/, '$120150830'), expected: INVALID },
    { what: 'the host unsigned', change: replace(/([;=])host;/, '$1'), expected: INVALID },
    { what: 'another key id', change: replace('AKIDEXAMPLE', 'AKIDEXAMPLF'), expected: 'UnrecognizedClientException' },
    { what: 'no signature', change: replace(/ Signature=[0-9a-f]*,?/, ''), expected: 'IncompleteSignatureException' },
    { what: 'another kind of authorization', change: replace(/(\r\nauthorization: *)[^\r]*/i, '$1Bearer 123'), expected: 'IncompleteSignatureException' },
    { what: 'no authorization', change: replace(/\r\nauthorization:[^\r]*/i, ''), expected: 'MissingAuthenticationTokenException' },
];

module.exports = { changes };
