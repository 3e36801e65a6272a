import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unzip } from './unzip.js'

const run = promisify(execFile)
const packageFolder = fileURLToPath(new URL('..', import.meta.url))

/** Inside the package, so that the built files find what they import; removed by Node, which follows no links. */
let folder: string

beforeAll(async () => {
  const place = path.join(packageFolder, 'node_modules')
  await mkdir(place, { recursive: true })
  folder = await mkdtemp(path.join(place, '.bundle-test-'))
  const tsup = fileURLToPath(new URL('cli-default.js', import.meta.resolve('tsup')))
  await run(process.execPath, [tsup, '--no-dts', '--no-clean', '--out-dir', folder], { cwd: packageFolder })
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

const program = `
  const user = { descriptor: 'aad.1', displayName: 'Zoë', principalName: null, mailAddress: null, metaType: 'member' }
  const token = { authorizationId: 'a1', displayName: 'from the bundle', scope: 'vso.code', targetAccounts: ['x'],
    validFrom: new Date('2026-01-01T00:00:00Z'), validTo: new Date('2026-12-01T00:00:00Z'), isValid: true }
  async function* scan() { yield { status: 'read', user, tokens: [token] } }
  const [, , ...files] = process.argv
  writeReport(scan(), files, { now: new Date('2026-11-20T00:00:00Z') })
    .then((summary) => console.log(JSON.stringify(summary.status)))
`

describe('the built package', () => {
  it.each([
    ['an ES module', 'use.mjs', "import { writeReport } from './index.js'\n"],
    ['CommonJS', 'use.cjs', "const { writeReport } = require('./index.cjs')\n"],
  ])('writes a workbook when loaded as %s, and says nothing on stderr', async (_, name, loading) => {
    await writeFile(path.join(folder, name), loading + program)
    const files = ['xlsx', 'csv', 'ndjson', 'html'].map((format) => path.join(folder, `${name}.${format}`))
    const { stdout, stderr } = await run(process.execPath, [path.join(folder, name), ...files])
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({ active: 0, expired: 0, revoked: 0, expiring: 1 })
    const parts = unzip(await readFile(files[0] ?? ''))
    expect(parts.get('xl/worksheets/sheet1.xml')).toContain('<t>from the bundle</t>')
    for (const file of files.slice(1)) expect(await readFile(file, 'utf8')).toContain('from the bundle')
  })

  it('asks users to install csv-stringify and nothing else', async () => {
    const bundle = await readFile(path.join(folder, 'index.js'), 'utf8')
    const imported = [...bundle.matchAll(/^import .*? from ["']([^"']+)["']/gm)].map((match) => match[1] ?? '')
    const required = [...bundle.matchAll(/\brequire\(["']([^"']+)["']\)/g)].map((match) => match[1] ?? '')
    const { builtinModules } = await import('node:module')
    const others = [...imported, ...required].filter(
      (name) => !builtinModules.includes(name.replace(/^node:/, '').replace(/\/$/, '')),
    )
    expect(new Set(others)).toEqual(new Set(['csv-stringify/sync']))
  })

  it('carries the licence of everything inside it', async () => {
    const notices = await readFile(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    for (const name of ['exceljs 4.4.0', 'archiver ', 'zip-stream ', 'crc-32 ']) expect(notices).toContain(`\n${name}`)
    for (const section of notices.split(/^-{80}$/m).slice(1)) expect(section).toMatch(/copyright|Apache License/i)
    expect(await readdir(folder)).toContain('index.cjs')
  })

  it('leaves out what a writer never calls', async () => {
    const notices = await readFile(path.join(folder, 'THIRD-PARTY-NOTICES.txt'), 'utf8')
    expect(notices).not.toMatch(/^(saxes|unzipper|inflight|glob|tar-stream|uuid|fast-csv) \d/m)
  })
})
