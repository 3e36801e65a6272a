import { execFile, spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { completionTree } from '../src/completion/tree.js'
import { commands } from '../src/registry.js'
import { createWorld, type World } from './world.js'

vi.setConfig({ testTimeout: 60_000 })

const run = promisify(execFile)

/** Writes the script for a shell into the world's folder. */
async function scriptFor(shell: string, world: World): Promise<string> {
  expect(await world.run('completion', shell)).toBe(0)
  expect(world.stderr.text).toBe('')
  const file = path.join(world.folder, `patkit.${shell}`)
  await writeFile(file, world.stdout.text)
  return file
}

/** Says loudly when a shell is missing; in CI that is a failure. */
function isThere(shell: string): boolean {
  if (spawnSync(shell, ['--version']).status === 0) return true
  const message = `${shell} is not installed: its completion is not tried. Install it with apt (see .ci/run).`
  if (process.env['CI'] === 'true') throw new Error(message)
  process.stderr.write(`SKIPPED: ${message}\n`)
  return false
}

/** What a shell offers for the last of these words, which may be empty. */
type Complete = (...words: string[]) => Promise<readonly string[]>

async function completeInBash(world: World): Promise<Complete> {
  const script = await scriptFor('bash', world)
  return async (...words) => {
    const line = ['patkit', ...words].map((word) => `'${word}'`).join(' ')
    const program = `source '${script}'; COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _patkit; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout } = await run('bash', ['--norc', '--noprofile', '-u', '-c', program])
    return stdout.split('\n').filter((word) => word !== '')
  }
}

async function completeInZsh(world: World): Promise<Complete> {
  const script = await scriptFor('zsh', world)
  return async (...words) => {
    const before = words.slice(0, -1).map((word) => `'${word}'`)
    const program = `source '${script}'; typeset -a patkit_found; _patkit_find ${before.join(' ')}; print -rl -- $patkit_found`
    const { stdout } = await run('zsh', ['-f', '-c', program])
    const found = stdout.split('\n').map((line) => line.split(':')[0] ?? '')
    return found.filter((word) => word !== '' && word.startsWith(words.at(-1) ?? ''))
  }
}

async function completeInFish(world: World): Promise<Complete> {
  const script = await scriptFor('fish', world)
  return async (...words) => {
    const line = ['patkit', ...words].join(' ')
    const env = { ...process.env, HOME: world.folder, XDG_CONFIG_HOME: world.folder }
    const { stdout } = await run('fish', ['--no-config', '-c', `source '${script}'; complete -C '${line}'`], { env })
    return stdout
      .split('\n')
      .map((each) => each.split('\t')[0] ?? '')
      .filter((word) => word !== '')
  }
}

const shells: readonly (readonly [string, (world: World) => Promise<Complete>])[] = [
  ['bash', completeInBash],
  ['zsh', completeInZsh],
  ['fish', completeInFish],
]

const here = shells.filter(([shell]) => isThere(shell))

test.each(here)('%s offers commands, the commands below them, options and choices', async (_shell, prepare) => {
  await using world = await createWorld()
  const complete = await prepare(world)
  expect(await complete('')).toEqual(expect.arrayContaining(['report', 'login', 'pats', 'config', 'help']))
  expect(await complete('log')).toEqual(expect.arrayContaining(['login', 'logout']))
  expect(await complete('log')).not.toContain('report')
  expect([...(await complete('pats', ''))].sort()).toEqual(
    ['create', 'get', 'list', 'reconcile', 'revoke', 'rotate', 'update'].sort(),
  )
  expect(await complete('report', '--')).toEqual(expect.arrayContaining(['--org', '--fail-on', '--help']))
  expect(await complete('pats', 'create', '--')).toEqual(expect.arrayContaining(['--secret-file', '--name']))
  expect(await complete('pats', 'create', '--')).not.toContain('--fail-on')
  expect([...(await complete('users', 'list', '--output', ''))].sort()).toEqual(['csv', 'json', 'ndjson', 'table'])
  expect([...(await complete('config', 'get', ''))].sort()).toEqual(['base-url', 'client-id', 'org', 'tenant'])
  expect(await complete('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish', 'pwsh']))
  expect(await complete('help', 'rep')).toContain('report')
})

test.each(here)('%s leaves what follows an option to its completion of files', async (_shell, prepare) => {
  await using world = await createWorld()
  const complete = await prepare(world)
  const offered = await complete('report', '--out', '')
  expect(offered.filter((word) => word.startsWith('--'))).toEqual([])
})

test.each(here)('%s reads the script without a complaint', async (shell) => {
  await using world = await createWorld()
  const script = await scriptFor(shell, world)
  const { stdout, stderr } = await run(shell, shell === 'bash' ? ['--norc', '-n', script] : ['-n', script])
  expect(stdout + stderr).toBe('')
})

test('the script for PowerShell has every word, with quotes that are doubled', async () => {
  await using world = await createWorld()
  const script = await scriptFor('pwsh', world)
  const text = world.stdout.text
  expect(script).toMatch(/patkit\.pwsh$/)
  for (const { words } of commands) expect(text).toContain(`'${words.join(' ')}' = [ordered]@{ `)
  expect(text).toContain("Anybody''s personal access tokens")
  // Outside of doubled quotes every quote has its partner, and so has every bracket.
  const bare = text
    .replace(/'(?:[^']|'')*'/g, '')
    .replace(/"[^"\n]*"/g, '')
    .replace(/#.*$/gm, '')
  expect(bare).not.toContain("'")
  for (const [open, close] of ['{}', '()', '[]']) {
    expect(bare.split(open ?? '').length).toBe(bare.split(close ?? '').length)
  }
})

test('every command and every option of the registry is in every script', async () => {
  const tree = await completionTree()
  expect(tree.commands.map(({ name }) => name)).toEqual(commands.map(({ words }) => words.join(' ')))
  for (const [shell] of [...shells, ['pwsh'] as const]) {
    await using world = await createWorld()
    await scriptFor(shell, world)
    for (const { options } of tree.commands) {
      for (const { long } of options)
        expect(world.stdout.text).toContain(shell === 'fish' ? `-l ${long.slice(2)}` : long)
    }
  }
})

test('a shell that is not known is refused', async () => {
  await using world = await createWorld()
  expect(await world.run('completion', 'zhs')).toBe(2)
  expect(world.stderr.text).toBe('patkit: The shell "zhs" is unknown. Did you mean zsh?\n')
  expect(world.stdout.text).toBe('')
})
