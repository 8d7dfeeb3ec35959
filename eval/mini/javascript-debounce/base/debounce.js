'use strict';

function debounce(f, wait, clock = globalThis) {
  return (...args) => clock.setTimeout(() => f(...args), wait);
}

module.exports = { debounce };
