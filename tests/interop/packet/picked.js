'use strict';

/* Packets picked by hand: each is an edge of the grammar or of the schema. */

const body = '"payload":{"type":"b"}';
const packed = (value) => `{"to":"a","payload":{"type":"b","data":{"x":${value}}}}`;
const nested = (open, middle, close, n) => packed(open.repeat(n) + middle + close.repeat(n));

const texts = [
    'whoami', ' whoami', 'whoami\n', '"whoami"', 'whoam', '', ' ', 'null', '1', '"a"', '[]', '{}',
    `{"to":"a",${body}}`, `[{"to":"a",${body}}]`, `{"to":"a",${body}}x`, `{"to":"a",${body}} \n`,
    `\ufeff{"to":"a",${body}}`, `\u00a0{"to":"a",${body}}`, `\f{"to":"a",${body}}`,
    `{"to":"a",${body},"from":1}`, `{"to":"a",${body},"route":"$connect"}`,
    `{"to":"a",${body},"__proto__":{}}`, `{"to":"a",${body},"__proto__":null}`,
    `{"__proto__":{"to":"a"},${body}}`, `{"to":"a",${body},"\\u005f_proto__":1}`,
    '{"to":"a","payload":{"__proto__":{"type":"b"}}}',
    '{"to":"a","payload":{"type":"b","__proto__":1}}',
    '{"to":"a","payload":{"type":"b","data":{"__proto__":1}}}',
    `{"to":"a",${body},"toString":1}`, `{"to":"a",${body},"constructor":1}`,
    `{"to":1,"to":"a",${body}}`, `{"to":"a","to":1,${body}}`, `{"to":"","\\u0074o":"a",${body}}`,
    `{"to":"a",${body},"payload":5}`, `{"to":"a","payload":5,${body}}`,
    `{"to":"a","payload":{"x":1},${body}}`, `{"to":"a",${body},"payload":{"x":1}}`,
    '{"to":"a","payload":{"type":1,"type":"b"}}', '{"to":"a","payload":{"type":"b","type":1}}',
    '{"to":"a","payload":{"type":"b","data":1,"data":{}}}',
    '{"to":"a","payload":{"type":"b","data":{},"data":1}}',
    '{"\\u0074\\u006F":"a","p\\u0061yload":{"t\\u0079pe":"b","\\u0064ata":{}}}',
    `{"to":"\\u0000",${body}}`, `{"to":"\\ud800",${body}}`, `{"to":"\\ud83d\\ude00",${body}}`,
    `{"to":"\\udc00\\ud800",${body}}`, `{"to":"0123456789abcdef",${body}}`,
    `{"to":"0123456789abcdefg",${body}}`, `{"to":"0123456789abcd€",${body}}`,
    ...['""', '0', 'null', 'true', '[]', '{}', '["a"]', '{"length":1}'].flatMap((value) => [
        `{"to":${value},${body}}`, `{"to":"a","payload":${value}}`,
        `{"to":"a","payload":{"type":${value}}}`,
        `{"to":"a","payload":{"type":"b","data":${value}}}`, `{"to":"a",${body},"from":${value}}`,
    ]),
    ...['0', '-0', '00', '01', '-01', '-', '+1', '.5', '5.', '5.e1', '1e', '1e+', '1e5', '1E-5',
        '1e999', '-1e999', '1e-999', '9007199254740993', '9'.repeat(400), '1_0', '0x1', 'NaN',
        'Infinity', '-Infinity', 'undefined', 'True', 'nul', 'nullx', '1 2', '1,', '/**/1', "'a'",
        '"\t"', '"\n"', '"\x1f"', '"\x7f"', '"\0"', '"\\0"', '"\\a"', '"\\x41"', '"\\u123"',
        '"\\u12g4"', '"\\U0041"', '"\\', '"\\"', '"\u2028\u2029"', '"\ufeff"', '"\\ud800\\n"',
        '[,]', '[1,]', '[,1]', '[1 2]', '[}', '{]', '[1}', '{"a":1]', '[{"a":[1}]}', '{,}', '{"a"}', '{"a":}', '{"a" 1}', '{"a":1,}',
        '{a:1}', '{"":0}', '{"a":1 "b":2}', '\f1', '\v1', '\u00a01', '\u20281',
    ].map(packed),
    nested('[', '', ']', 65000), nested('{"a":', '1', '}', 65000), nested('[{"a":', '1', '}]', 32000),
    nested('[', '1', '}', 64), nested('{"a":', '1', ']', 600), nested('[', '', ']', 511), nested('[', '', ']', 512),
    nested('[', '', ']', 513), '['.repeat(131072), '{"a":'.repeat(26000),
    packed(`{${Array.from({ length: 12000 }, (_, i) => `"key${i % 7000}":${i}`).join(',')}}`),
    packed(`"${'x'.repeat(100000)}"`), packed(`"${'\\"'.repeat(50000)}"`),
];

module.exports = { picked: texts.map((text) => Buffer.from(text)) };
