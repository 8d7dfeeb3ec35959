'use strict';

function parse(text) {
  const out = {};
  for (const part of text.split('&')) {
    const [name, value] = part.split('=');
    out[name] = value;
  }
  return out;
}

module.exports = { parse };
