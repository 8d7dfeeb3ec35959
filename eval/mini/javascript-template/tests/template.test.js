'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { render } = require('./template.js');

test('replaces', () => {
  assert.strictEqual(render('{a}-{a}-{b}', { a: 1, b: '{a}' }), '1-1-{a}');
  assert.strictEqual(render('{{a}} {user.name}', { user: { name: '$&' } }), '{a} $&');
});
test('missing', () => {
  assert.throws(() => render('{x.y}', { x: 1 }), /missing: x\.y/);
  assert.throws(() => render('{toString}', {}), /missing: toString/);
});
