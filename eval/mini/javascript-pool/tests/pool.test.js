'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { pool } = require('./pool.js');
const { later, failing } = require('./jobs.js');

test('in order, at most so many', async () => {
  let running = 0;
  let most = 0;
  const counted = (job) => async () => {
    most = Math.max(most, ++running);
    const value = await job();
    running--;
    return value;
  };
  const results = await pool(2, [later(30, 'a'), later(1, 'b'), later(10, 'c'), later(1, 'd')].map(counted));
  assert.deepStrictEqual(results, ['a', 'b', 'c', 'd']);
  assert.strictEqual(most, 2);
});
test('fails', async () => {
  let begun = 0;
  const count = (job) => () => { begun++; return job(); };
  await assert.rejects(pool(1, [later(1, 1), failing(1, 'no'), later(1, 3)].map(count)), /no/);
  assert.strictEqual(begun, 2);
});
test('empty', async () => assert.deepStrictEqual(await pool(3, []), []));
