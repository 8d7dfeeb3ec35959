'use strict';

const later = (ms, value) => () => new Promise((resolve) => setTimeout(() => resolve(value), ms));
const failing = (ms, words) => () => new Promise((_, reject) => setTimeout(() => reject(new Error(words)), ms));

module.exports = { later, failing };
