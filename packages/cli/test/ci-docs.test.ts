import { spawn } from 'node:child_process'
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startEmulator, type Emulator } from '@patkit/emulator'
import { expect, test, vi } from 'vitest'
import { filesIn } from './stage.js'
import { createWorld, type World } from './world.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

const page = await readFile(new URL('../../../docs/ci.md', import.meta.url), 'utf8')

/** The scripts of the first YAML block under a heading, by the step they belong to, as a shell gets them. */
function scriptsUnder(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const yaml = /```yaml\n([^]*?)```/.exec(section)?.[1] ?? ''
  const lines = yaml.split('\n')
  return lines.flatMap((line, at) => {
    const key = /^[ -]*(?=(?:run|script|inlineScript): \|$)/.exec(line)?.[0]
    return key === undefined ? [] : [blockOf(lines.slice(at + 1), key.length)]
  })
}

/** The lines of a block, which stand further to the right than its key. */
function blockOf(lines: readonly string[], keyIndent: number): string {
  const end = lines.findIndex((line) => indentOf(line) <= keyIndent)
  const block = lines.slice(0, end)
  return block.map((line) => line.slice(indentOf(block[0] ?? ''))).join('\n')
}

const indentOf = (text: string): number => /^ */.exec(text)?.[0].length ?? 0

interface ScriptEnd {
  readonly exitCode: number | null
  readonly stderr: string
}

/** Runs a script as a pipeline would, in a shell that stops at the first failure. */
function runScript(script: string, { folder, io }: World): Promise<ScriptEnd> {
  const env = { ...io.env, PATH: `${path.join(folder, '.bin')}:${process.env['PATH'] ?? ''}` }
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stderr }))
  })
}

/** The programs a build agent has: patkit from its sources, and an Azure CLI that somebody has signed in to. */
async function installPrograms({ folder }: World, accessToken: string): Promise<void> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  const bin = fileURLToPath(new URL('../src/bin.ts', import.meta.url))
  const programs = {
    patkit: `exec "${process.execPath}" --conditions=@patkit/source --import "${tsx}" "${bin}" "$@"`,
    az: `[ "$1 $2 $4" = "account get-access-token 499b84ac-1321-427f-aa17-267ca6975798" ] && echo "${accessToken}"`,
  }
  await mkdir(path.join(folder, '.bin'))
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(path.join(folder, '.bin', name), `#!/bin/sh\n${script}\n`)
    await chmod(path.join(folder, '.bin', name), 0o755)
  }
}

/** A name in the `env` or `variables` of the YAML. */
function settingOf(name: string): string {
  return new RegExp(`^ +${name}: (.*)$`, 'm').exec(page)?.[1] ?? ''
}

interface Agent extends AsyncDisposable {
  readonly emulator: Emulator
  readonly world: World
}

async function createAgent(tokenCommand: string | undefined): Promise<Agent> {
  const emulator = await startEmulator({ users: 20 })
  const env = {
    PATKIT_ORG: settingOf('PATKIT_ORG'),
    PATKIT_BASE_URL: emulator.url,
    ...(tokenCommand === undefined ? {} : { PATKIT_TOKEN_COMMAND: tokenCommand }),
  }
  const world = await createWorld({ env })
  await installPrograms(world, emulator.tokenFor())
  return {
    emulator,
    world,
    [Symbol.asyncDispose]: async () => {
      await emulator.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

test.skipIf(process.platform === 'win32')('the workflow for GitHub Actions does what the page says', async () => {
  const [report = '', changes = '', remember = '', ...more] = scriptsUnder('GitHub Actions')
  expect(more).toEqual([])
  await using agent = await createAgent(settingOf('PATKIT_TOKEN_COMMAND'))
  const { folder } = agent.world
  expect(await runScript(report, agent.world)).toMatchObject({ exitCode: 3 })
  expect(JSON.parse(await readFile(path.join(folder, 'summary.json'), 'utf8'))).toMatchObject({ complete: true })
  expect(await filesIn(folder)).toEqual(['.bin', 'pats.ndjson', 'pats.xlsx', 'summary.json'])

  // The next night: one token is new, the run before had none of it.
  const lines = (await readFile(path.join(folder, 'pats.ndjson'), 'utf8')).split('\n')
  await writeFile(path.join(folder, 'last.ndjson'), lines.slice(1).join('\n'))
  const compared = await runScript(changes, agent.world)
  expect(compared).toMatchObject({ exitCode: 3 })
  expect(compared.stderr).toContain('--fail-on found changes: 1 new.')
  expect((await readFile(path.join(folder, 'changes.csv'), 'utf8')).trim().split('\n')).toHaveLength(2)

  expect(await runScript(remember, agent.world)).toMatchObject({ exitCode: 0 })
  expect(await readFile(path.join(folder, 'last.ndjson'))).toEqual(await readFile(path.join(folder, 'pats.ndjson')))
})

test.skipIf(process.platform === 'win32')('the pipeline for Azure Pipelines does what the page says', async () => {
  const [report = '', changes = '', remember = '', ...more] = scriptsUnder('Azure Pipelines')
  expect(more).toEqual([])
  await using agent = await createAgent(undefined)
  const { folder } = agent.world
  expect(await runScript(report, agent.world)).toMatchObject({ exitCode: 3 })
  expect(await filesIn(path.join(folder, 'tokens'))).toEqual(['pats.ndjson', 'pats.xlsx', 'summary.json'])
  expect(await runScript(changes, agent.world), 'the first night').toEqual({ exitCode: 0, stderr: '' })
  expect(await runScript(remember, agent.world)).toMatchObject({ exitCode: 0 })
  await rename(path.join(folder, 'tokens'), path.join(folder, 'last'))
  expect(await runScript(report, agent.world), 'the second night').toMatchObject({ exitCode: 3 })
  const same = await runScript(changes, agent.world)
  expect(same.exitCode).toBe(0)
  expect(same.stderr).toMatch(/after: no changes\.\n$/)

  // A night whose report is incomplete is not compared, and the next one compares with the last that was complete.
  await rm(path.join(folder, 'last', 'pats.ndjson'))
  await writeFile(path.join(folder, 'tokens', 'summary.json'), '{ "complete": false }')
  await rm(path.join(folder, 'tokens', 'changes.csv'))
  expect(await runScript(changes, agent.world)).toEqual({ exitCode: 0, stderr: '' })
  expect(await runScript(remember, agent.world)).toMatchObject({ exitCode: 0 })
  expect(await filesIn(path.join(folder, 'tokens'))).toEqual([
    'last.ndjson',
    'pats.ndjson',
    'pats.xlsx',
    'summary.json',
  ])
  expect(await readFile(path.join(folder, 'tokens', 'last.ndjson'))).toEqual(
    await readFile(path.join(folder, 'last', 'last.ndjson')),
  )
})

test.skipIf(process.platform === 'win32')('what a red run leads to does what the page says', async () => {
  const section = page.split('\n## What a red run leads to\n')[1] ?? ''
  const [dryRun = '', revocation = '', ...more] = (/```sh\n([^]*?)```/.exec(section)?.[1] ?? '').trim().split('\n')
  expect(more).toEqual([])
  await using agent = await createAgent('az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798')
  expect(await runScript(dryRun, agent.world)).toMatchObject({ exitCode: 0 })
  const meant = (await readFile(path.join(agent.world.folder, 'revoke.csv'), 'utf8')).trim().split('\n').length - 1
  expect(meant).toBeGreaterThan(0)
  expect(await runScript(revocation, agent.world)).toMatchObject({ exitCode: 0 })
  const recorded = (await readFile(path.join(agent.world.folder, 'revoked.ndjson'), 'utf8')).trim().split('\n')
  expect(recorded).toHaveLength(2 * meant)
})

test('the page names every condition of both --fail-on, and no other', () => {
  const table = page.slice(page.indexOf('| `--fail-on` of'), page.indexOf('\n## As whom'))
  const names = [...table.matchAll(/`([a-z-]+)(?::14d)?`/g)].map(([, name]) => name)
  expect(names.filter((name) => name !== 'report' && name !== 'diff' && !name?.startsWith('--')).sort()).toEqual(
    [
      ...['expired', 'expiring', 'full-scope', 'all-orgs', 'no-expiry'],
      ...['new', 'gone', 'extended', 'expiring', 'scope-changed', 'revoked'],
    ].sort(),
  )
})
