'use strict';
const test = require('node:test');
const assert = require('node:assert');
const { debounce } = require('./debounce.js');

class Clock {
  constructor() {
    this.now = 0;
    this.timers = new Map();
    this.id = 0;
    this.setTimeout = (f, ms) => (this.timers.set(++this.id, [this.now + ms, f]), this.id);
    this.clearTimeout = (id) => this.timers.delete(id);
  }

  pass(ms) {
    this.now += ms;
    for (const [id, [at, f]] of [...this.timers]) if (at <= this.now && this.timers.delete(id)) f();
  }
}

test('once, after the last call', () => {
  const clock = new Clock();
  const seen = [];
  const object = { f: debounce(function (n) { seen.push([this === object, n]); }, 10, clock) };
  object.f(1);
  clock.pass(9);
  object.f(2);
  clock.pass(9);
  assert.deepStrictEqual(seen, []);
  clock.pass(1);
  assert.deepStrictEqual(seen, [[true, 2]]);
});
test('cancel and flush', () => {
  const clock = new Clock();
  const seen = [];
  const f = debounce((n) => seen.push(n), 10, clock);
  f(1);
  f.cancel();
  clock.pass(20);
  f.flush();
  f(2);
  f.flush();
  clock.pass(20);
  assert.deepStrictEqual(seen, [2]);
});
