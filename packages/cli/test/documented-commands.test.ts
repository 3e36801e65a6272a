import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { commands } from '../src/registry.js'
import { createWorld } from './world.js'

/** Commands that end for want of an access token or a file, and so can be tried without either. */
const tried = ['report', 'diff', 'revoke', 'users', 'pats', 'tokens', 'rules']

const pages = ['../README.md', '../../../docs/ci.md']
const texts = await Promise.all([
  ...pages.map((page) => readFile(new URL(page, import.meta.url), 'utf8')),
  ...commands.map(async (entry) => (await entry.load()).help),
])

/** Every command line of the texts, as words, without what a shell would keep for itself. */
const lines = texts.flatMap((text) =>
  [...text.matchAll(/^ *(?:\$ )?patkit ([^\n]*)$/gm)]
    .map(
      ([, rest = '']) =>
        rest
          .split(/ (?:[|>]|#|2>) ?/)[0]
          ?.trim()
          .split(/ +/) ?? [],
    )
    .filter(([first = '']) => tried.includes(first)),
)

test('there are commands of every kind in the texts', () => {
  expect(new Set(lines.map(([first]) => first))).toEqual(new Set(tried))
  expect(lines.length).toBeGreaterThan(30)
})

test.each(lines.map((words) => [words.join(' ')]))('patkit %s is understood', async (line) => {
  await using world = await createWorld({ env: { PATKIT_ORG: 'fabrikam' } })
  const exitCode = await world.run(...line.split(' '))
  if (line.includes('--help')) {
    expect(exitCode).toBe(0)
    return
  }
  expect(world.stderr.lines).toHaveLength(1)
  // What can be asked of a command line without a token, a file or a checkpoint.
  expect(world.stderr.text).toMatch(
    /No access token\.|There is no file |There is no unfinished report |The folder .* does not exist/,
  )
  expect(exitCode).toBe(world.stderr.text.includes('No access token') ? 4 : 2)
})
