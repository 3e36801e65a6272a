// `npm run test:nodes [MAJOR…]`: every test on other Nodes, had from npm into out/nodes. Without numbers: 22 and 24.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const asked = process.argv.slice(2)
const majors = asked.length > 0 ? asked : ['22', '24']
const wrong = majors.find((major) => !/^\d{2}$/.test(major))

function run(program, argv, cwd) {
  const { status, error } = spawnSync(program, argv, { cwd, stdio: 'inherit', shell: process.platform === 'win32' })
  if (error !== undefined) throw error
  return status ?? 1
}

/** Path of a Node of this major version, installed if it is not there yet. */
function nodeOf(major) {
  const folder = `${root}out/nodes/${major}`
  const program = `${folder}/node_modules/node/bin/node`
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, allowScripts: { node: true } }))
  if (run('npm', ['install', '--no-audit', '--no-fund', '--engine-strict=false', `node@${major}`], folder) !== 0)
    throw new Error(`Node ${major} cannot be installed from npm.`)
  return program
}

if (wrong !== undefined) {
  console.error(`test:nodes takes major versions of Node such as 22, not ${JSON.stringify(wrong)}.`)
  process.exitCode = 2
} else {
  for (const major of majors) {
    const node = nodeOf(major)
    run(node, ['--version'], root)
    if (run(node, ['node_modules/vitest/vitest.mjs', 'run'], root) !== 0) process.exitCode = 1
  }
}
