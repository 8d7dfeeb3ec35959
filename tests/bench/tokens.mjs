// The reference's CPU time for each FILE, "NAME TOKENS MS", and before it "load MS".  usage: node tokens.mjs FOLDER-OF-PACKAGES ENCODING FILE...
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const [packages, name, ...files] = process.argv.slice(2)
const from = performance.now()
const { get_encoding: encoding } = createRequire(packages + '/node_modules/')('tiktoken')
const reference = encoding(name)
reference.encode_ordinary('first')
console.log(`load ${(performance.now() - from).toFixed(1)}`)
for (const file of files) {
  const text = readFileSync(file, 'utf8'), times = []
  let tokens = 0
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage()
    tokens = reference.encode_ordinary(text).length
    const used = process.cpuUsage(start)
    times.push((used.user + used.system) / 1000)
  }
  console.log(`${basename(file)} ${tokens} ${times.sort((a, b) => a - b)[1].toFixed(2)}`)
}
