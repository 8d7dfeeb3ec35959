'use strict';

/* Negative, 0 or positive as A is older than B, the same, or newer. */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

module.exports = { compare };
