'use strict';

function equal(a, b) {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  for (const key of Object.keys(a)) if (!equal(a[key], b[key])) return false;
  return Object.keys(a).length === Object.keys(b).length;
}

module.exports = { equal };
