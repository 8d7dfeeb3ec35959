'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { equal } = require('./equal.js');

test('the same', () => {
  for (const [a, b] of [[1, 1], [NaN, NaN], [{ a: [1, { b: 2 }] }, { a: [1, { b: 2 }] }], [[], []], [null, null],
    [new Date(5), new Date(5)], [0, -0]])
    assert.ok(equal(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
});
test('not the same', () => {
  for (const [a, b] of [[{ a: undefined }, { b: undefined }], [[], {}], [null, {}], [{}, null], [1, '1'], [[1], [1, 2]],
    [new Date(5), new Date(6)], [{ a: 1 }, { a: 1, b: 2 }]])
    assert.ok(!equal(a, b), `${JSON.stringify(a)} ${JSON.stringify(b)}`);
});
