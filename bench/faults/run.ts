/**
 * Measures what six clients do under 18 faults, over real sockets, and prints the table in Markdown: `npm run bench:faults`.
 * The peers are devDependencies of this folder alone and installed into it when they are missing. Takes about two minutes.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { contenders, type Contender } from './clients.js'
import { faults, type Finding } from './faults.js'

const folder = fileURLToPath(new URL('.', import.meta.url))

function installPeers(): void {
  if (existsSync(`${folder}node_modules`)) return
  console.error('bench:faults: installing the peers…')
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const { status } = spawnSync(npm, ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (status !== 0) console.error('bench:faults: npm ci failed; going on with what is installed.')
}

/** One fault after the other, so that nobody's tries meet another fault. */
async function measure(contender: Contender): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const fault of faults) findings.push(await fault.measure(contender))
  console.error(`bench:faults: ${contender.name} is through.`)
  return findings
}

installPeers()
for (const { name, version } of contenders) {
  if (version === undefined) console.error(`bench:faults: ${name} is not installed and left out.`)
}
const present = contenders.filter(({ version }) => version !== undefined)
// Side by side, each against servers of its own: nearly all of the time is waiting.
const columns = await Promise.all(present.map(measure))

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const heads = present.map(({ name, version = '' }) => `${name} ${version}`)
console.log(`Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}\n`)
console.log(row(['Fault', 'Wanted', ...heads]))
console.log(row(['---', '---', ...heads.map(() => '---')]))
faults.forEach(({ name, wanted }, index) => {
  const cells = columns.map((findings) => {
    const { text = '', good = false } = findings[index] ?? {}
    return good ? `✓ ${text}` : `✗ ${text}`
  })
  console.log(row([name, wanted, ...cells]))
})
const goods = columns.map((findings) => `${findings.filter(({ good }) => good).length} of ${faults.length}`)
console.log(row(['As wanted', '', ...goods]))
// Calls that hang would hold the process.
process.exit(0)
