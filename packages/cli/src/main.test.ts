import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'

test('patkit alone, help and --help show how it is used, on standard output', async () => {
  for (const argv of [[], ['help'], ['--help'], ['-h']]) {
    await using world = await createWorld()
    expect(await world.run(...argv)).toBe(0)
    expect(world.stdout.text).toContain('patkit report --org fabrikam --out pats.xlsx')
    expect(world.stderr.text).toBe('')
  }
})

test('patkit report --help names every option of the contract, examples and exit codes', async () => {
  await using world = await createWorld()
  expect(await world.run('report', '--help')).toBe(0)
  const options = [
    'org',
    'out',
    'format',
    'status',
    'expiring-within',
    'columns',
    'concurrency',
    'resume',
    'fail-on',
    'json',
  ]
  for (const name of [...options, 'progress', 'quiet', 'base-url', 'force', 'timeout', 'token-command']) {
    expect(world.stdout.text).toContain(`--${name} `.trimEnd())
  }
  for (const code of [0, 1, 2, 3, 4, 5, 130]) expect(world.stdout.text).toMatch(new RegExp(`^  ${code} +\\S`, 'm'))
  expect(world.stdout.text).toContain('Examples:')
  expect(world.stdout.text).not.toContain('\u001b')
})

test('patkit --version prints the version of the package', async () => {
  await using world = await createWorld()
  const content = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(await world.run('--version')).toBe(0)
  expect(world.stdout.text).toBe(`${content.version}\n`)
})

test.each([
  [['reprot'], `Unknown command 'reprot'. Did you mean report?`],
  [['report', '--otu', 'a.csv'], `Unknown option '--otu'. Did you mean --out?`],
  [['report', '--org'], `Option '--org <name>' argument missing.`],
  [['report', '--org', 'x', '--json', 'more'], `Too many arguments for 'report'.`],
  [['--jason'], `Unknown option '--jason'.`],
])('patkit %j is refused in one line with exit code 2', async (argv, fault) => {
  await using world = await createWorld()
  expect(await world.run(...argv)).toBe(2)
  expect(world.stderr.lines).toHaveLength(1)
  expect(world.stderr.text).toMatch(/^patkit: /)
  expect(world.stderr.text).toContain(fault)
  expect(world.stdout.text).toBe('')
})

test('patkit makes control characters of the command line harmless in its errors', async () => {
  await using world = await createWorld()
  expect(await world.run('report', '--\u001b[31mred\u0007')).toBe(2)
  expect(world.stderr.text).toContain('<U+001B>[31mred<U+0007>')
})
