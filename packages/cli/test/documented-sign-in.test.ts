import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { expect, test } from 'vitest'
import { commandIn, commands } from '../src/registry.js'

/** Commands that would act if they were run; their lines are parsed. */
const parsed = ['login', 'logout', 'whoami', 'app', 'config', 'doctor', 'emulator', 'completion']

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const texts = [readme, ...(await Promise.all(commands.map(async (entry) => (await entry.load()).help)))]

const lines = texts.flatMap((text) =>
  [...text.matchAll(/(?:^ *(?:\$ (?:source <\()?)?|`)patkit ([^\n`]*)/gm)]
    .map(([, rest = '']) => rest.split(/ (?:[|><]|#) ?|\)/)[0]?.trim() ?? '')
    .filter((line) => parsed.includes(line.split(' ')[0] ?? '') && !line.includes(' … ')),
)

/** Words of a command line, as a shell would split them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '')
}

test('there are lines of every such command in the texts', () => {
  expect(new Set(lines.map((line) => line.split(' ')[0]))).toEqual(new Set(parsed))
})

// Prose names a command by its words alone, and leaves out what an example must have.
const examples = lines.filter((line) => !commands.some(({ words }) => words.join(' ').startsWith(line)))

test.each(examples.map((line) => [line]))('patkit %s is a command line', async (line) => {
  const words = wordsOf(line)
  const entry = commandIn(words)
  const part = await entry?.load()
  expect(part).toBeDefined()
  const command = new Command(line).exitOverride().configureOutput({ writeErr: () => undefined })
  part?.addOptions(command).allowExcessArguments(false)
  expect(() => command.parse(words.slice(entry?.words.length), { from: 'user' })).not.toThrow()
})
