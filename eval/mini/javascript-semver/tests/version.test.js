'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { compare } = require('./version.js');

test('in order', () => {
  const order = ['0.9.9', '1.0.0-1', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0', '1.9.0', '1.10.0', '2.0.0'];
  order.forEach((a, i) => order.forEach((b, j) => assert.strictEqual(Math.sign(compare(a, b)), Math.sign(i - j), `${a} ${b}`)));
});
test('nonsense', () => {
  for (const text of ['', '1', '1.2', '1.2.x', 'v1.2.3']) assert.throws(() => compare(text, '1.0.0'), /no version/);
});
