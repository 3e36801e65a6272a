import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandIn, commands, groups } from './registry.js'

/** Files of this package and packages that are loaded as soon as a file is: imports of values, not those inside a function. */
async function loadedBy(file: URL, seen = new Set<string>()): Promise<Set<string>> {
  const text = await readFile(file, 'utf8')
  for (const [, specifier = ''] of text.matchAll(/^(?:import|export) (?!type )[^'()]*'([^']+)'/gm)) {
    const target = specifier.startsWith('.') ? new URL(specifier.replace(/\.js$/, '.ts'), file) : undefined
    const name = target === undefined ? specifier : target.href
    if (seen.has(name)) continue
    seen.add(name)
    if (target !== undefined) await loadedBy(target, seen)
  }
  return seen
}

test('help and mistakes load no command and none of the SDK, so that they are answered at once', async () => {
  const loaded = [...(await loadedBy(new URL('./main.ts', import.meta.url)))]
  expect(loaded).toEqual(expect.arrayContaining(['commander', new URL('./registry.ts', import.meta.url).href]))
  expect(loaded.filter((name) => name.includes('/commands/') || name.startsWith('@patkit/'))).toEqual([])
})

test('a command loads the SDK when it runs, not when its help is shown', async () => {
  const loaded = [...(await loadedBy(new URL('./commands/revoke.ts', import.meta.url)))]
  expect(loaded.filter((name) => name.startsWith('@patkit/'))).toEqual([])
})

test('every command can be loaded, and every first word of two leads to commands', async () => {
  for (const entry of commands) {
    const { words } = entry
    expect(typeof (await entry.load()).run).toBe('function')
    if (words.length === 2) expect(groups.map(({ name }) => name)).toContain(words[0])
  }
})

test('commandIn() finds the command of a command line, and of a wish for its help', () => {
  expect(commandIn(['pats', 'create', '--name', 'ci'])?.words).toEqual(['pats', 'create'])
  expect(commandIn(['help', 'revoke'])?.words).toEqual(['revoke'])
  expect(commandIn(['revoke', 'pats'])?.words).toEqual(['revoke'])
  expect(commandIn(['pats'])).toBeUndefined()
  expect(commandIn(['--version'])).toBeUndefined()
})

test('no option has a name that Node takes for its own, wherever it stands on the command line', async () => {
  for (const entry of commands) {
    const part = await entry.load()
    const names = part.addOptions(new Command()).options.map(({ long }) => long)
    expect(names, entry.words.join(' ')).not.toContain('--env-file')
  }
})
