'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { range } = require('./range.js');

test('counts', () => {
  assert.deepStrictEqual([...range(3)], [0, 1, 2]);
  assert.deepStrictEqual([...range(1, 4)], [1, 2, 3]);
  assert.deepStrictEqual([...range(5, 0, -2)], [5, 3, 1]);
  assert.deepStrictEqual([...range(0, 3, -1)], []);
  assert.strictEqual([...range(0, 1, 0.1)].length, 10);
});
test('is lazy', () => {
  assert.deepStrictEqual(range(0, Infinity).next(), { value: 0, done: false });
});
test('refuses step 0', () => {
  assert.throws(() => [...range(0, 1, 0)], RangeError);
});
