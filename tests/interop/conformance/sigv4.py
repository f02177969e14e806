"""Signs requests as AWS Signature Version 4 has it."""
import hashlib
import hmac
import time
import urllib.parse

KEY_ID = 'AKIDEXAMPLE'
SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sign(method, target, host, body=b'', key_id=KEY_ID, secret=SECRET,
         has_digest=True, canonical=None):
    """
    Returns the headers to send.
    @has_digest: whether x-amz-content-sha256 is one of them
    @canonical: a path to sign, in place of the target's own
    """
    now = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())
    digest = hashlib.sha256(body).hexdigest()
    headers = {'host': host, 'x-amz-date': now}
    if has_digest:
        headers['x-amz-content-sha256'] = digest
    names = ';'.join(sorted(headers))
    path = canonical or urllib.parse.quote(target, safe='/-_.~')
    lines = [method, path, '']
    lines += [f'{name}:{headers[name]}' for name in sorted(headers)]
    lines += ['', names, digest]
    scope = f'{now[:8]}/us-east-1/execute-api/aws4_request'
    text = '\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(
        '\n'.join(lines).encode()).hexdigest()])
    key = ('AWS4' + secret).encode()
    for part in scope.split('/'):
        key = _hmac(key, part)
    signature = _hmac(key, text).hex()
    headers['authorization'] = (
        f'AWS4-HMAC-SHA256 Credential={key_id}/{scope}, '
        f'SignedHeaders={names}, Signature={signature}')
    return list(headers.items())
