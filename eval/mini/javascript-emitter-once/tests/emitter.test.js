'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { Emitter } = require('./emitter.js');

test('once', () => {
  const e = new Emitter();
  const seen = [];
  e.once('x', (n) => seen.push(n));
  assert.strictEqual(e.emit('x', 1), true);
  assert.strictEqual(e.emit('x', 2), false);
  assert.deepStrictEqual(seen, [1]);
});
test('off', () => {
  const e = new Emitter();
  const f = () => assert.fail();
  e.on('x', f);
  e.once('x', f);
  e.off('x', f);
  e.off('y', f);
  assert.strictEqual(e.emit('x'), false);
});
test('changes while it is emitted come after it', () => {
  const e = new Emitter();
  const seen = [];
  const b = () => seen.push('b');
  e.on('x', () => { seen.push('a'); e.off('x', b); e.on('x', () => seen.push('c')); });
  e.on('x', b);
  e.emit('x');
  assert.deepStrictEqual(seen, ['a', 'b']);
});
