'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { parse, format } = require('./query.js');

test('reads', () => {
  assert.deepStrictEqual(parse('?a=1&b=x%20y+z&c'), { a: '1', b: 'x y z', c: '' });
  assert.deepStrictEqual(parse('a=1&a=2&&a=3'), { a: ['1', '2', '3'] });
  assert.deepStrictEqual(parse('e=a=b'), { e: 'a=b' });
  assert.deepStrictEqual(parse(''), {});
});
test('writes what it reads', () => {
  const query = { 'a b': 'c&d', list: ['1', '=', 'ü'], empty: '' };
  assert.deepStrictEqual(parse(format(query)), query);
});
