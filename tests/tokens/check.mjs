// Compares our token numbers with the reference's, text by text.
// usage: node check.mjs FOLDER-OF-PACKAGES BATCH VOCABULARIES
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { texts, characters } from './texts.mjs'

const [packages, batch, vocabularies] = process.argv.slice(2)
const require = createRequire(packages + '/node_modules/')
const { get_encoding: encoding } = require('tiktoken')

const frame = bytes => {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(bytes.length)
  return Buffer.concat([head, bytes])
}

/** Our numbers of each of the texts. */
function ours (name, list) {
  const run = spawnSync(batch, [`${vocabularies}/${name}.bpe`], { input: Buffer.concat(list.map(frame)), maxBuffer: 1 << 30 })
  if (run.status !== 0) throw new Error(`${batch} failed: ${run.error ?? run.stderr}`)
  const out = []
  for (let at = 0; at < run.stdout.length;) {
    const n = run.stdout.readUInt32LE(at)
    out.push(new Uint32Array(run.stdout.buffer.slice(run.stdout.byteOffset + at + 4, run.stdout.byteOffset + at + 4 + 4 * n)))
    at += 4 + 4 * n
  }
  return out
}

function compare (name, what, list) {
  const reference = encoding(name), decoder = new TextDecoder('utf-8', { ignoreBOM: true }), got = ours(name, list)
  const wrong = []
  let tokens = 0
  list.forEach((bytes, i) => {
    const want = reference.encode_ordinary(decoder.decode(bytes))
    tokens += want.length
    if (got[i] === undefined || want.length !== got[i].length || want.some((id, k) => id !== got[i][k])) wrong.push([bytes, want, got[i]])
  })
  reference.free()
  console.log(`${wrong.length ? 'not ok' : 'ok'} ${name}: ${what}: ${list.length} texts, ${tokens} tokens`)
  for (const [bytes, want, have] of wrong.slice(0, 5)) {
    console.log(`# ${JSON.stringify(bytes.toString().slice(0, 200))}\n#   wanted ${want.slice(0, 40)}\n#   got    ${have?.slice(0, 40)}`)
  }
  return wrong.length
}

let bad = 0
for (const name of ['cl100k_base', 'o200k_base']) {
  bad += compare(name, 'texts of every kind', texts(12000, 20260101))
  bad += compare(name, 'every character', characters())
}
process.exit(bad > 0 ? 1 : 0)
