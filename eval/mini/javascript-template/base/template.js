'use strict';

function render(text, values) {
  for (const name of Object.keys(values)) text = text.replace(`{${name}}`, values[name]);
  return text;
}

module.exports = { render };
