import { readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { EmulatorOptions } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { askedFor, checkpointOf, createStage, filesIn, keptIn, summaryOf } from './stage.js'
import { Capture, createWorld } from './world.js'

test('patkit report writes every format in one run, says so on stderr only, and leaves nothing else behind', async () => {
  await using stage = await createStage()
  expect(await stage.report('--out', 'pats.xlsx', 'pats.csv', '--out', 'pats.ndjson', '--out', 'pats.html')).toBe(0)
  expect(await filesIn(stage.world.folder)).toEqual(['pats.csv', 'pats.html', 'pats.ndjson', 'pats.xlsx'])
  expect(await filesIn(stage.world.state)).toEqual([])
  expect(stage.world.stdout.text).toBe('')
  const [plan, headline] = stage.world.stderr.lines
  expect(plan).toBe(
    `Reading every user's tokens in fabrikam at ${stage.emulator.url} (access token from PATKIT_ACCESS_TOKEN) ` +
      'into pats.xlsx, pats.csv, pats.ndjson, pats.html.',
  )
  expect(headline).toBe('fabrikam: complete, as of 2026-03-02 09:00 UTC')
  expect(stage.world.stderr.text).toContain('  Users     20: ')
  expect(stage.world.stderr.text).not.toContain('\u001b')
})

test('patkit report says the plan before the first request', async () => {
  await using stage = await createStage()
  const running = stage.report('--json')
  await stage.emulator.journal.waitFor(1)
  expect(stage.world.stderr.lines[0]).toMatch(/^Reading every user's tokens/)
  expect(await running).toBe(0)
})

test('patkit report --json prints exactly the object of the contract', async () => {
  await using stage = await createStage()
  expect(await stage.report('--out', 'pats.csv', '--json')).toBe(0)
  const summary = summaryOf(stage.world)
  expect(stage.world.stdout.lines).toHaveLength(1)
  expect(Object.keys(summary)).toEqual([
    'organization',
    'complete',
    'users',
    'tokens',
    'status',
    'flags',
    'files',
    'requests',
    'retries',
    'throttledMs',
    'durationMs',
    'failures',
  ])
  expect(summary).toMatchObject({
    organization: 'fabrikam',
    complete: true,
    users: { listed: 20, failed: 0 },
    files: [{ path: 'pats.csv', format: 'csv' }],
    requests: stage.emulator.journal.counts.total,
    retries: 0,
    failures: [],
  })
})

test('patkit report --out - writes the report to standard output and nothing else', async () => {
  await using stage = await createStage()
  expect(await stage.report('--out', '-', '--format', 'csv')).toBe(0)
  expect(stage.world.stdout.text).toMatch(/^\ufeff?Owner,Owner mail,/)
  expect(await filesIn(stage.world.folder)).toEqual([])
})

test('patkit report --columns sample and --status choose what is shown', async () => {
  await using stage = await createStage()
  expect(await stage.report('--out', 'all.csv', '--columns', 'sample')).toBe(0)
  expect(await stage.report('--out', 'expired.csv', '--status', 'expired')).toBe(0)
  const all = await readFile(path.join(stage.world.folder, 'all.csv'), 'utf8')
  const expired = await readFile(path.join(stage.world.folder, 'expired.csv'), 'utf8')
  expect(all).toMatch(/^\ufeff?DisplayName,Owner,isValid,validFrom,validTo\r?\n/)
  expect(expired).not.toContain(',active,')
  expect(expired).toContain(',expired,')
})

const ada = { displayName: 'Ada', isAdministrator: true, tokens: [] }
const ben = {
  displayName: 'Ben',
  tokens: [
    { displayName: 'everything', scope: 'app_token', targetAccounts: null, validTo: '2026-03-12T09:00:00' },
    { displayName: 'gone', scope: 'app_token', targetAccounts: null, validTo: '2026-05-01T09:00:00', revoked: true },
  ],
}
const adaAndBen: EmulatorOptions = { people: [ada, ben] }

test('patkit report --fail-on ends with 3 and still writes the report, whatever --status shows', async () => {
  await using stage = await createStage(adaAndBen)
  const policy = ['--fail-on', 'expiring:14d,full-scope,all-orgs,no-expiry,expired']
  expect(await stage.report('--out', 'pats.csv', '--status', 'expired', ...policy)).toBe(3)
  expect(stage.world.stderr.text).toContain('--fail-on found tokens: expiring:14d 1, full-scope 1, all-orgs 1\n')
  expect((await readFile(path.join(stage.world.folder, 'pats.csv'), 'utf8')).trim().split('\n')).toHaveLength(1)
  expect(await filesIn(stage.world.state)).toEqual([])
})

test('patkit report --fail-on ends with 0 when no token is meant', async () => {
  await using stage = await createStage(adaAndBen)
  expect(await stage.report('--fail-on', 'expiring:9d,no-expiry', '--quiet')).toBe(0)
  expect(stage.world.stderr.text).toBe('')
})

test('patkit report ends with 5 when a user cannot be read, and --resume asks for that user alone', async () => {
  await using stage = await createStage({ people: [ada, ben], users: 20 })
  stage.emulator.faults.add({ match: { path: '/tokenadmin/', user: 'Ben' }, answer: { status: 500 } })
  expect(await stage.report('--out', 'pats.csv', '--json')).toBe(5)
  expect(summaryOf(stage.world)).toMatchObject({
    complete: false,
    users: { failed: 1 },
    failures: [{ displayName: 'Ben', status: 500, code: 'PATKIT_SERVICE' }],
  })
  const checkpoint = await checkpointOf(stage.world)
  expect(stage.world.stderr.text).toContain('fabrikam: INCOMPLETE')
  expect(stage.world.stderr.lines.at(-1)).toBe(
    `Go on with: patkit report --org fabrikam --out pats.csv --json --force --resume ${checkpoint}`,
  )

  stage.emulator.faults.clear()
  stage.emulator.journal.clear()
  expect(await stage.report('--out', 'pats.csv', '--force', '--resume')).toBe(0)
  expect([...askedFor(stage.emulator)]).toEqual([stage.emulator.data.find('Ben')?.descriptor])
  expect(stage.world.stderr.text).toContain(`Going on with ${checkpoint}: `)
  expect(await readFile(path.join(stage.world.folder, 'pats.csv'), 'utf8')).toContain('everything')
  expect(await filesIn(stage.world.state)).toEqual([])
})

test('patkit report ends with 3 when the report is incomplete and a token is named all the same', async () => {
  await using stage = await createStage({ people: [ada, ben, { displayName: 'Cleo', tokens: 1 }] })
  stage.emulator.faults.add({ match: { path: '/tokenadmin/', user: 'Cleo' }, answer: { status: 500 } })
  expect(await stage.report('--fail-on', 'full-scope', '--quiet')).toBe(3)
  expect(stage.world.stderr.lines.slice(0, 2)).toEqual([
    '--fail-on found 1 token.',
    'Incomplete: the tokens of 1 user could not be read.',
  ])
})

test('patkit report makes names of failed users harmless for the terminal', async () => {
  const name = '\u001b]0;owned\u0007\u202eevil\r\nsecond line'
  await using stage = await createStage({ people: [ada, { displayName: name, tokens: 1 }, ben] })
  stage.emulator.faults.add({
    match: { path: '/tokenadmin/', user: name },
    answer: { status: 400, body: { message: '\u001b[2J' } },
  })
  expect(await stage.report('--out', 'pats.csv')).toBe(5)
  expect(stage.world.stderr.text).toContain('<U+001B>]0;owned<U+0007><U+202E>evil second line: ')
  // eslint-disable-next-line no-control-regex -- what must never reach the terminal
  expect(stage.world.stderr.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
})

test('fault 32: patkit report ends with 4 when the access token is refused in the middle, keeps what it has, and says how to go on', async () => {
  await using stage = await createStage()
  stage.emulator.faults.add({ match: { path: '/tokenadmin/', after: 8 }, answer: { status: 401 } })
  expect(await stage.report('--out', 'pats.csv')).toBe(4)
  const checkpoint = await checkpointOf(stage.world)
  expect(stage.world.stderr.lines.slice(1)).toEqual([
    'patkit: The service does not accept the access token in PATKIT_ACCESS_TOKEN (any more). Get a new one. With --token-command ' +
      'patkit asks for it itself, also in the middle of a long report.',
    `Go on with: patkit report --org fabrikam --out pats.csv --resume ${checkpoint}`,
  ])
  expect(await filesIn(stage.world.folder)).toEqual([])

  const kept = await keptIn(checkpoint)
  expect(kept).toBeGreaterThan(0)
  stage.emulator.faults.clear()
  stage.emulator.journal.clear()
  expect(await stage.report('--out', 'pats.csv', '--json', '--resume')).toBe(0)
  expect(askedFor(stage.emulator).size).toBe(summaryOf(stage.world).users.read - kept)
})

test('fault 31: patkit report runs the token command again when its token is refused, and goes on', async () => {
  await using stage = await createStage()
  const [first, second] = [stage.emulator.tokenFor(), stage.emulator.tokenFor()]
  const { folder } = stage.world
  const script = `echo run >> runs; if [ "$(wc -l < runs)" = 1 ]; then echo ${first}; else echo ${second}; fi`
  await writeFile(path.join(folder, 'give-token.sh'), script)
  stage.emulator.faults.add({ match: { path: '/tokenadmin/', nth: 5 }, answer: { status: 401 } })
  expect(await stage.report('--json', '--token-command', 'sh give-token.sh')).toBe(0)
  expect(await readFile(path.join(folder, 'runs'), 'utf8')).toBe('run\nrun\n')
  const credentials = new Set(stage.emulator.journal.requests.map(({ headers }) => headers['authorization']))
  expect(credentials.size).toBe(2)
})

test('patkit report runs the token command again before its token ends, so that none is refused', async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwtUntil = (time: string): string => `${part({})}.${part({ exp: Date.parse(time) / 1000 })}.signature`
  const [first, second] = [jwtUntil('2026-03-02T09:03:20Z'), jwtUntil('2026-03-02T10:00:00Z')] as const
  await using stage = await createStage({
    people: [{ ...ada, principalName: 'ada@fabrikam.example' }, ben],
    users: 20,
    verifyAccessToken: (token) =>
      Promise.resolve(
        token === first || token === second
          ? { principalName: 'ada@fabrikam.example', scopes: ['user_impersonation'], issuedAtMs: 0 }
          : undefined,
      ),
  })
  const { folder } = stage.world
  const script = `echo run >> runs; if [ "$(wc -l < runs)" = 1 ]; then echo ${first}; else echo ${second}; fi`
  await writeFile(path.join(folder, 'give-token.sh'), script)
  // 100 s later the first token is good for another 100 s.
  stage.emulator.faults.add({
    match: { path: '/tokenadmin/', nth: 5 },
    answer: { status: 429, headers: { 'retry-after': '100' } },
  })
  expect(await stage.report('--json', '--token-command', 'sh give-token.sh')).toBe(0)
  expect(await readFile(path.join(folder, 'runs'), 'utf8')).toBe('run\nrun\n')
  const credentials = new Set(stage.emulator.journal.requests.map(({ headers }) => headers['authorization']))
  expect(credentials.size).toBe(2)
  expect(stage.emulator.journal.counts.byStatus).not.toHaveProperty('401')
})

test('patkit report sends AZURE_DEVOPS_EXT_PAT as Basic', async () => {
  await using stage = await createStage({}, { env: { PATKIT_ACCESS_TOKEN: '' } })
  await using world = await createWorld({
    clock: stage.clock,
    env: { PATKIT_BASE_URL: stage.emulator.url, AZURE_DEVOPS_EXT_PAT: stage.emulator.patFor() },
  })
  expect(await stage.clock.runUntil(world.run('report', '--org', 'fabrikam', '--json'))).toBe(0)
  const schemes = new Set(stage.emulator.journal.requests.map(({ headers }) => headers['authorization']?.split(' ')[0]))
  expect([...schemes]).toEqual(['Basic'])
})

test('fault 37: patkit report ends with 1 and no file when the role is missing, and says which', async () => {
  await using stage = await createStage({ people: [ada, { displayName: 'Eve' }], users: 20 })
  await using world = await createWorld({
    clock: stage.clock,
    env: { PATKIT_BASE_URL: stage.emulator.url, PATKIT_ACCESS_TOKEN: stage.emulator.tokenFor('Eve') },
  })
  expect(await stage.clock.runUntil(world.run('report', '--org', 'fabrikam', '--out', 'pats.csv'))).toBe(1)
  expect(world.stderr.text).toContain('Project Collection Administrators')
  expect(await filesIn(world.folder)).toEqual([])
  expect(await filesIn(world.state)).toEqual([])
})

test('faults 58, 59: patkit report stops on a signal with 130, leaves no file, keeps what it read, and prints the command that goes on', async () => {
  await using stage = await createStage({ users: 60 })
  const running = stage.report('--out', 'pats.csv', '--concurrency', '2')
  await stage.emulator.journal.waitFor(20)
  stage.world.signal('SIGTERM')
  expect(await running).toBe(130)
  expect(await filesIn(stage.world.folder)).toEqual([])
  const checkpoint = await checkpointOf(stage.world)
  expect((await stat(checkpoint)).mode & 0o777).toBe(0o600)
  expect((await stat(stage.world.state)).mode & 0o777).toBe(0o700)
  expect(stage.world.stderr.lines.at(-1)).toBe(
    `Go on with: patkit report --org fabrikam --out pats.csv --concurrency 2 --resume ${checkpoint}`,
  )
  // Two users at a time, and the next page of the list.
  expect(stage.emulator.journal.counts.mostConcurrent).toBeLessThanOrEqual(3)
  expect(await stage.report('--out', 'pats.csv', '--resume', checkpoint)).toBe(0)
})

test('fault 59: patkit report ends at once on a second signal', async () => {
  await using stage = await createStage()
  stage.emulator.faults.add({ match: { path: '/tokenadmin/' }, answer: { hang: 'before-headers' } })
  const running = stage.world.run('report', '--org', 'fabrikam', '--json')
  await stage.emulator.journal.waitFor((request) => request.path.includes('/tokenadmin/'))
  stage.world.signal('SIGINT')
  stage.world.signal('SIGINT')
  expect(await running).toBe(130)
})

test('patkit report has nothing to keep when it is stopped before anybody was read', async () => {
  await using stage = await createStage()
  stage.emulator.faults.add({ match: { path: '/graph/' }, answer: { hang: 'before-headers' } })
  const running = stage.world.run('report', '--org', 'fabrikam', '--json')
  await stage.emulator.journal.waitFor(1)
  stage.world.signal('SIGINT')
  expect(await running).toBe(130)
  expect(stage.world.stderr.lines.at(-1)).toBe('Stopped. Nothing is kept.')
  expect(await filesIn(stage.world.state)).toEqual([])
})

test('fault 61: patkit report names the file when the disk is full, and leaves the other files alone', async () => {
  await using stage = await createStage({ users: 40 })
  await symlink('/dev/full', path.join(stage.world.folder, 'full.csv'))
  await writeFile(path.join(stage.world.folder, 'pats.ndjson'), 'old')
  expect(await stage.report('--out', 'full.csv', 'pats.ndjson', '--force')).toBe(1)
  expect(stage.world.stderr.text).toMatch(/^patkit: Cannot write .*full\.csv: no space left on the device\. Free some/m)
  expect(await readFile(path.join(stage.world.folder, 'pats.ndjson'), 'utf8')).toBe('old')
  expect(await filesIn(stage.world.folder)).toEqual(['full.csv', 'pats.ndjson'])
})

/** A standard output that goes to a disk which is full by the time `until` resolves. */
class FullDisk extends Capture {
  until: Promise<unknown> = Promise.resolve()

  override _write(_chunk: string | Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    void this.until.then(() => done(Object.assign(new Error('no room'), { code: 'ENOSPC' })))
  }
}

test('fault 61: patkit report keeps what it read when the disk fills up, and goes on elsewhere', async () => {
  const stdout = new FullDisk()
  await using stage = await createStage({ users: 60 }, { stdout })
  stdout.until = stage.emulator.journal.waitFor(40)
  expect(await stage.report('--out', '-', '--format', 'csv')).toBe(1)
  const checkpoint = await checkpointOf(stage.world)
  expect(stage.world.stderr.text).toMatch(/^patkit: Cannot write standard output: no space left on the device\. /m)
  expect(stage.world.stderr.lines.at(-1)).toBe(
    `Go on with: patkit report --org fabrikam --out - --format csv --resume ${checkpoint}`,
  )

  const kept = await keptIn(checkpoint)
  expect(kept).toBeGreaterThan(0)
  stage.emulator.journal.clear()
  expect(await stage.report('--out', 'elsewhere.csv', '--resume')).toBe(0)
  expect(askedFor(stage.emulator).size).toBe([...stage.emulator.data.people()].length - kept)
})

test('patkit report does not replace a file that appeared while it was running', async () => {
  await using stage = await createStage()
  const running = stage.report('--out', 'pats.csv')
  await stage.emulator.journal.waitFor(2)
  await writeFile(path.join(stage.world.folder, 'pats.csv'), 'of somebody else')
  expect(await running).toBe(1)
  expect(stage.world.stderr.text).toContain('exists already')
  expect(await readFile(path.join(stage.world.folder, 'pats.csv'), 'utf8')).toBe('of somebody else')
})

test('patkit report makes the report without a checkpoint where none can be kept, and says so', async () => {
  await using stage = await createStage({}, { env: { XDG_STATE_HOME: '/dev/null' } })
  expect(await stage.report('--out', 'pats.csv')).toBe(0)
  expect(stage.world.stderr.lines[0]).toMatch(
    /^Note: no checkpoint can be kept, so an interrupted report starts over: ENOTDIR/,
  )
})

test('patkit report --progress json says everything on stderr as JSON lines', async () => {
  await using stage = await createStage({ people: [ada, ben], users: 20 })
  stage.emulator.faults.add({ match: { path: '/tokenadmin/', user: 'Ben' }, answer: { status: 500 } })
  expect(await stage.report('--out', 'pats.csv', '--progress', 'json')).toBe(5)
  const events = stage.world.stderr.lines.map((line) => JSON.parse(line) as { type: string; summary?: object })
  expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['message', 'progress', 'summary']))
  expect(events.find(({ type }) => type === 'summary')?.summary).toMatchObject({
    complete: false,
    users: { failed: 1 },
  })
})

test('patkit report --progress json tells errors as JSON, too', async () => {
  await using world = await createWorld()
  expect(await world.run('report', '--org', '../x', '--json', '--progress', 'json')).toBe(2)
  expect(world.stderr.lines.map((line) => JSON.parse(line) as object)).toEqual([
    { type: 'error', text: expect.stringContaining('"../x"') as string, hint: null },
  ])
})

test('patkit report ends at a pause that is longer than five minutes, and says when to try again', async () => {
  await using stage = await createStage()
  stage.emulator.faults.add({
    match: { path: '/tokenadmin/', nth: 3 },
    answer: { status: 429, headers: { 'retry-after': '400' } },
  })
  expect(await stage.report('--out', 'pats.csv')).toBe(1)
  // Not: to raise limits.maxPauseSeconds, which the command does not have.
  expect(stage.world.stderr.text).toContain(
    'Azure DevOps asks for a pause of 400 s, longer than 300 s. Try again in 400 s.\n',
  )
})

const throttled = {
  match: { path: '/tokenadmin/', nth: 10 },
  answer: { status: 429, headers: { 'retry-after': '35' } },
}

test('fault 20: patkit report shows a bar on a terminal, clears it, and colours the summary', async () => {
  const stderr = new Capture({ isTTY: true, columns: 100 })
  await using stage = await createStage({ users: 40 }, { stderr, env: { TERM: 'xterm' } })
  stage.emulator.faults.add(throttled)
  expect(await stage.report('--out', 'pats.csv')).toBe(0)
  expect(stderr.text).toMatch(/\r█*░* +\d+ % {2}users \d+\/40 · tokens [\d,]+ · waiting \d+ s: throttled/)
  // eslint-disable-next-line no-control-regex -- the colours are what is looked for
  expect(stderr.text).toMatch(/\r +\r\u001b\[1mfabrikam\u001b\[22m: \u001b\[32mcomplete/)
  expect(stderr.text).toContain('held back by the service for ')
})

test('fault 64: patkit report writes a line every ten seconds where there is no terminal', async () => {
  await using stage = await createStage({ users: 40 })
  stage.emulator.faults.add(throttled)
  expect(await stage.report('--out', 'pats.csv')).toBe(0)
  expect(stage.world.stderr.lines.filter((line) => line.includes(' s: throttled'))).toHaveLength(3)
})

const canary = 'canary-0123456789abcdef'

test('patkit report never shows an access token: not in output, checkpoint or report, whatever fails', async () => {
  await using stage = await createStage()
  const pat = stage.emulator.patFor()
  const seen: string[] = []
  const run = async (env: Record<string, string>, ...argv: string[]): Promise<number> => {
    await using world = await createWorld({
      clock: stage.clock,
      env: { PATKIT_BASE_URL: stage.emulator.url, PATKIT_DEBUG: '1', ...env },
    })
    const exitCode = await stage.clock.runUntil(world.run('report', '--org', 'fabrikam', ...argv))
    seen.push(world.stdout.text, world.stderr.text)
    for (const folder of [world.folder, world.state]) {
      for (const name of await filesIn(folder)) seen.push(await readFile(path.join(folder, name), 'latin1'))
    }
    return exitCode
  }
  expect(await run({ PATKIT_ACCESS_TOKEN: canary }, '--out', 'pats.csv')).toBe(4)
  const complaining = `echo ${canary}; echo ${canary} >&2; exit 1`
  expect(await run({}, '--out', 'pats.csv', '--token-command', complaining)).toBe(4)
  stage.emulator.faults.add({
    match: { path: '/tokenadmin/', after: 5 },
    answer: { status: 400, body: { message: `bad ${pat}` } },
  })
  expect(await run({ AZURE_DEVOPS_EXT_PAT: pat }, '--out', 'pats.csv', 'pats.ndjson')).toBe(5)
  expect(seen.join('\n')).toContain('PATKIT_SERVICE')
  // The command line of the resume command is the one place where the canary would be somebody's own words.
  expect(seen.join('\n')).not.toContain(canary)
  expect(seen.join('\n')).not.toContain(pat)
})

test.each([
  [{}, false],
  [{ PATKIT_DEBUG: '1' }, true],
])('patkit report with %j shows a stack: %s', async (env, shown) => {
  await using stage = await createStage({}, { env })
  stage.emulator.faults.add({ match: { path: '/graph/' }, answer: { status: 404 } })
  expect(await stage.report('--json')).toBe(1)
  expect(/^ +at /m.test(stage.world.stderr.text)).toBe(shown)
})
