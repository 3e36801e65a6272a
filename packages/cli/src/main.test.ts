import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'
import { commands } from './registry.js'

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

test('a word that leads to commands shows them, with help, --help and by itself', async () => {
  for (const argv of [['pats'], ['pats', '--help'], ['help', 'pats']]) {
    await using world = await createWorld()
    expect(await world.run(...argv)).toBe(0)
    expect(world.stdout.text).toMatch(/^Usage: patkit pats /)
    for (const name of ['list', 'get', 'create', 'update', 'rotate', 'revoke', 'reconcile']) {
      expect(world.stdout.text).toMatch(new RegExp(`^  ${name} `, 'm'))
    }
    expect(world.stderr.text).toBe('')
  }
})

test.each(commands.map(({ words }) => [words.join(' ')]))(
  'patkit %s --help has options and an example',
  async (name) => {
    for (const argv of [
      [...name.split(' '), '--help'],
      ['help', ...name.split(' ')],
    ]) {
      await using world = await createWorld()
      expect(await world.run(...argv)).toBe(0)
      expect(world.stdout.text).toMatch(new RegExp(`^Usage: patkit ${name} `))
      expect(world.stdout.text).toMatch(/^Examples?:\n[^]*\$ (?:patkit|az) /m)
      expect(world.stdout.text).toContain(`$ patkit ${name}`)
      expect(world.stdout.text.match(/-h, --help/g)).toHaveLength(1)
    }
  },
)

test.each([[''], ...commands.map(({ words }) => [words.join(' ')])])(
  'patkit %s --help fits into 80 columns, except for command lines, which are copied',
  async (name) => {
    await using world = await createWorld()
    await world.run(...name.split(' ').filter((word) => word !== ''), '--help')
    expect(world.stdout.lines.filter((line) => line.length > 80 && !line.startsWith('  $ '))).toEqual([])
    expect(world.stdout.text).toMatch(/\S\n$/)
  },
)

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
  [['help', 'reprot'], `Unknown command 'reprot'. Did you mean report? See patkit --help.`],
  [['reprot', '--help'], `Unknown command 'reprot'. Did you mean report? See patkit --help.`],
  [['help', 'pats', 'lits'], `Unknown command 'lits'. Did you mean list? See patkit pats --help.`],
  [['pats', 'lits', '-h'], `Unknown command 'lits'. Did you mean list? See patkit pats --help.`],
  [['--jason'], `Unknown option '--jason'. See patkit --help.`],
  [['pats', 'lits'], `Unknown command 'lits'. Did you mean list? See patkit pats --help.`],
  [['pats', 'get'], `Missing required argument 'authorization-id'. See patkit pats get --help.`],
  [['users', 'list', '--sujbect-types', 'aad'], `Did you mean --subject-types? See patkit users list --help.`],
  [['revoke', '--exipred'], `Unknown option '--exipred'. Did you mean --expired?`],
  [['diff', 'a', 'b', 'c'], `Too many arguments for 'diff'.`],
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
