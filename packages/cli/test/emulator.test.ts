import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { expect, test, vi } from 'vitest'
import { findProgram } from '../src/commands/emulator.js'
import { startPatkit, tsx } from './child.js'
import { createWorld, type World } from './world.js'

// Processes start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 120_000 })

/** Installs a package in the project that the world's folder is, with this program. */
async function install(world: World, program: string): Promise<void> {
  const folder = path.join(world.folder, 'node_modules', '@patkit', 'emulator')
  await mkdir(folder, { recursive: true })
  const content = { name: '@patkit/emulator', version: '9.9.9', bin: { 'patkit-emulator': './program.mjs' } }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(content))
  await writeFile(path.join(folder, 'program.mjs'), program)
}

/** The real emulator, from its sources. */
const realEmulator = (): string => {
  const bin = fileURLToPath(new URL('../../emulator/src/bin.ts', import.meta.url))
  const argv = ['--conditions=@patkit/source', '--import', tsx, bin].map((word) => JSON.stringify(word)).join(', ')
  return `import { spawn } from 'node:child_process'
const child = spawn(process.execPath, [${argv}, ...process.argv.slice(2)], { stdio: 'inherit' })
process.on('SIGINT', () => child.kill('SIGINT'))
child.on('close', (code) => process.exit(code))
`
}

test('patkit emulator starts the emulator of the project, which serves until Ctrl-C', async () => {
  await using world = await createWorld()
  await install(world, realEmulator())
  const running = startPatkit(['emulator', '--users', '7', '--org', 'contoso'], {
    cwd: world.folder,
    env: world.io.env,
  })
  const settings = await running.wrote(/^(PATKIT_BASE_URL=\S+ PATKIT_ORG=contoso PATKIT_ACCESS_TOKEN=\S+)$/m)
  const env = parseEnv(settings.replaceAll(' ', '\n'))
  const list = await startPatkit(['users', 'list', '-o', 'json', '--quiet'], {
    cwd: world.folder,
    env: { ...world.io.env, ...env },
  }).ended
  expect([list.exitCode, (JSON.parse(list.stdout) as unknown[]).length]).toEqual([0, 7])
  running.kill('SIGINT')
  expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' })
})

test('its options reach the emulator as they were typed, and its exit code comes back', async () => {
  await using world = await createWorld()
  await install(world, 'console.log(JSON.stringify(process.argv.slice(2))); console.error("said"); process.exit(2)')
  expect(await world.run('emulator', '--users', '10', '--rate-limit=50/s', '--https', '--quiet', '--seed', '-3')).toBe(
    2,
  )
  expect(JSON.parse(world.stdout.text)).toEqual(['--users=10', '--seed=-3', '--rate-limit=50/s', '--https'])
  expect(world.stderr.text).toBe('said\n')
})

test('an option that the emulator does not have is refused with the one that was meant', async () => {
  await using world = await createWorld()
  expect(await world.run('emulator', '--user', '7')).toBe(2)
  expect(world.stderr.text).toBe("patkit: Unknown option '--user'. Did you mean --users? See patkit emulator --help.\n")
})

test('where the emulator is not installed, it is not found', async () => {
  await using world = await createWorld()
  const here = path.join(world.folder, 'any.js')
  expect(findProgram([here])).toBeUndefined()
  await install(world, '')
  expect(findProgram([here])).toBe(path.join(world.folder, 'node_modules', '@patkit', 'emulator', 'program.mjs'))
})
