import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmulator, type Emulator, type FaultAnswer } from '@patkit/emulator'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DevOpsClient, isPatkitError, openScanCheckpoint, PaginationLoopError, type ReadOutcome } from '../src/index.js'
import { collect } from './world.js'

/** The same answers in every run; fast-check names the seed and the path of a failure, with which it can be run again. */
const runs = { seed: 20_261_126, numRuns: 100 } as const

let emulator: Emulator
beforeAll(async () => {
  emulator = await startEmulator({ users: 3, journalSize: 0 })
})
afterAll(() => emulator.close())

/** A client that has learned nothing from the answers of another run, and does not try again. */
const freshClient = (): DevOpsClient =>
  new DevOpsClient({
    organization: emulator.organization,
    baseUrl: emulator.url,
    credential: () => emulator.tokenFor('administrator'),
    retry: { tries: 1 },
    limits: { maxPauseSeconds: 0 },
  })

const id = '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22'

/** Everything that reads an answer. */
const calls: Readonly<Record<string, (devops: DevOpsClient) => Promise<unknown>>> = {
  'users.list': ({ users }) => collect(users.list()),
  'users.get': ({ users }) => users.get('aad.QQ'),
  'servicePrincipals.list': ({ servicePrincipals }) => collect(servicePrincipals.list()),
  'pats.list': ({ pats }) => collect(pats.list()),
  'pats.get': ({ pats }) => pats.get(id),
  'pats.create': ({ pats }) => pats.create({ displayName: 'ci', scope: 'vso.code', validTo: '2027-01-01T00:00:00Z' }),
  'pats.update': ({ pats }) => pats.update({ authorizationId: id, displayName: 'ci' }),
  'pats.revoke': ({ pats }) => pats.revoke(id),
  'tokenAdmin.list': ({ tokenAdmin }) => collect(tokenAdmin.list('aad.QQ')),
  'tokenAdmin.revoke': ({ tokenAdmin }) => tokenAdmin.revoke([id]),
  scanTokens: (devops) => collect(devops.scanTokens()),
}

/** What may stand in the place of any field. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.integer({ min: 0xd800, max: 0xdfff }).map((half) => `x${String.fromCharCode(half)}`),
  fc.constantFrom(
    '0001-01-01T00:00:00',
    '9999-12-31T23:59:59.9999999Z',
    '2026-02-30T25:61:00Z',
    '2026-03-29T02:30:00',
    '+275760-09-13T00:00:00.001Z',
    '2026-01-01T00:00:00.0000000000000000001-99:99',
    'Invalid Date',
    '',
    1e308,
    -0,
  ),
)
/** A field that is as it should be most of the time; otherwise hardly anything would get past the first check. */
const mostly = (good: unknown): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(good) }, { weight: 1, arbitrary: anything })

const token = fc.record(
  {
    authorizationId: mostly(id),
    displayName: mostly('ci'),
    scope: mostly('vso.code'),
    targetAccounts: mostly(null),
    validFrom: mostly('2026-01-01T00:00:00'),
    validTo: fc.oneof(fc.constant('2027-01-01T00:00:00.1234567Z'), anything),
    isValid: mostly(true),
    isPublic: mostly(false),
    source: mostly(null),
    token: mostly('canary'),
    ['__proto__']: anything,
  },
  { requiredKeys: ['authorizationId'] },
)
const user = fc.record(
  {
    descriptor: mostly('aad.QQ'),
    displayName: mostly('Ada'),
    principalName: mostly('ada@fabrikam.example'),
    metaType: mostly('member'),
    isDeletedInOrigin: mostly(false),
  },
  { requiredKeys: ['descriptor'] },
)
const listOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.array(fc.oneof({ weight: 9, arbitrary: item }, anything), { maxLength: 4 }) },
    anything,
  )
/** Of the form that each call waits for, with faults in it; or anything. */
const body = fc.oneof(
  anything,
  user,
  fc.record({ count: anything, value: listOf(user) }, { requiredKeys: ['value'] }),
  fc.record({ continuationToken: anything, value: listOf(token) }, { requiredKeys: ['value'] }),
  fc.record({ continuationToken: anything, patTokens: listOf(token) }, { requiredKeys: ['patTokens'] }),
  fc.record({ patToken: fc.oneof(token, anything), patTokenError: mostly('none') }, { requiredKeys: [] }),
)

/** Nobody must meet an `Invalid Date` or a number that is none, however deep. */
function expectSound(value: unknown): void {
  if (value instanceof Date) expect(value.getTime()).not.toBeNaN()
  else if (typeof value === 'number') expect(value).not.toBeNaN()
  else if (isPatkitError(value)) expect(value.message).not.toBe('')
  else if (typeof value === 'object' && value !== null) Object.values(value).forEach(expectSound)
}

/** Makes a call while every answer of the service is this one: a sound value or an error of ours, and nothing else. */
async function expectSoundCall(name: string, answer: FaultAnswer): Promise<void> {
  emulator.faults.clear()
  emulator.faults.add({ answer })
  const outcome = await calls[name]?.(freshClient()).catch((error: unknown) => {
    if (!isPatkitError(error)) throw error
    return error
  })
  expectSound(outcome)
  expect(Object.prototype).not.toHaveProperty('displayName')
}

describe.each(Object.keys(calls))('%s()', (name) => {
  it('gives a sound value or an error of ours, whatever JSON the service answers', async () => {
    await fc.assert(
      fc.asyncProperty(body, (value) => {
        const headers = { 'content-type': 'application/json' }
        return expectSoundCall(name, { status: 200, headers, body: JSON.stringify(value) })
      }),
      runs,
    )
  })

  it('gives a sound value or an error of ours, whatever bytes under whatever status and type', async () => {
    const status = fc.constantFrom(
      200,
      201,
      203,
      204,
      299,
      301,
      302,
      400,
      401,
      403,
      404,
      407,
      409,
      429,
      500,
      501,
      503,
      599,
    )
    const headers = fc.record(
      {
        'content-type': fc.constantFrom('application/json', 'text/html', 'text/plain; charset=utf-16', 'x', ''),
        'content-encoding': fc.constantFrom('gzip', 'br', 'deflate', 'rot13'),
        location: fc.oneof(fc.webUrl(), fc.constantFrom('/_signin', '//', 'http://[', '')),
        'www-authenticate': fc.constantFrom('Bearer', 'Bearer claims="e30="', 'Bearer claims="%%%"', 'claims="'),
        'x-ms-continuationtoken': fc.stringMatching(/^[\x21-\x7e]{0,20}$/),
        'retry-after': fc.constantFrom('0', '-1', 'soon', '1e308', '99999999999999999999'),
      },
      { requiredKeys: [] },
    )
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
      body.map((value) => Buffer.from(JSON.stringify(value))),
    )
    await fc.assert(
      fc.asyncProperty(status, headers, bytes, (status, headers, bytes) =>
        expectSoundCall(name, { status, headers, bodyBase64: bytes.toString('base64') }),
      ),
      runs,
    )
  })
})

describe('users.list()', () => {
  it('ends after any wiring of continuation tokens, whatever they are made of, with every user of the pages it saw once', async () => {
    // Without the asterisk, by which a fault rule means any value.
    const tokens = fc.uniqueArray(fc.stringMatching(/^[\x21-\x29\x2b-\x7e]{1,12}$/), { minLength: 5, maxLength: 5 })
    const wiring = fc.array(fc.nat(5), { minLength: 6, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(tokens, wiring, async (tokens, wiring) => {
        // Page n is asked for with token n - 1; where the wiring says 0 the list ends.
        emulator.faults.clear()
        const asked: number[] = []
        wiring
          .map((_, page) => page)
          .reverse()
          .forEach((page) => {
            const next = wiring[page] === 0 ? '' : (tokens[(wiring[page] ?? 0) - 1] ?? '')
            const answer = {
              status: 200,
              headers: { 'x-ms-continuationtoken': next },
              body: { value: [{ descriptor: `aad.${page}` }, { descriptor: 'aad.everywhere' }] },
            }
            const query = page === 0 ? {} : { query: { continuationToken: tokens[page - 1] ?? '' } }
            emulator.faults.add({ match: { path: '/graph/users', ...query }, answer })
          })
        const seen: string[] = []
        try {
          for await (const { descriptor } of freshClient().users.list()) seen.push(descriptor)
        } catch (error) {
          expect(error).toBeInstanceOf(PaginationLoopError)
        }
        for (let page = 0; !asked.includes(page) && asked.length < 7; page = wiring[page] ?? 0) {
          asked.push(page)
          if (wiring[page] === 0) break
        }
        const pages = seen.filter((descriptor) => descriptor !== 'aad.everywhere')
        expect(pages).toEqual(asked.slice(0, pages.length).map((page) => `aad.${page}`))
        expect(pages.length).toBeGreaterThanOrEqual(Math.max(asked.length - 1, 1))
        expect(new Set(seen).size).toBe(seen.length)
      }),
      runs,
    )
  })
})

describe('openScanCheckpoint()', () => {
  it('resumes or refuses with an error of ours, whatever is in the file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'patkit-fuzz-'))
    const file = join(folder, 'scan.ndjson')
    const header = JSON.stringify({ patkitCheckpoint: 1, organization: 'fabrikam', settings: {} })
    const line = fc.oneof(
      fc.record({ user, tokens: listOf(token) }).map((value) => JSON.stringify(value)),
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    )
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
      fc
        .tuple(fc.constantFrom(header, header.slice(0, 9), '{}'), fc.array(line, { maxLength: 4 }))
        .map(([first, lines]) => Buffer.from([first, ...lines].join('\n'))),
    )
    try {
      await fc.assert(
        fc.asyncProperty(content, async (bytes) => {
          await writeFile(file, bytes)
          const settings = { organization: 'fabrikam', mode: 'resume' } as const
          const opened = await openScanCheckpoint(file, settings).catch((error: unknown) => error)
          if (isPatkitError(opened)) return
          const checkpoint = opened as Awaited<ReturnType<typeof openScanCheckpoint>>
          expectSound(await checkpoint.recall('aad.QQ'))
          await checkpoint.close()
        }),
        { ...runs, numRuns: 200 },
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('gives back what was recorded, whatever the names, scopes and times are', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'patkit-fuzz-'))
    try {
      let n = 0
      const name = fc.option(fc.string({ unit: 'binary' }))
      await fc.assert(
        fc.asyncProperty(name, name, name, async (displayName, scope, text) => {
          const file = join(folder, `${++n}.ndjson`)
          const outcome = outcomeWith(displayName, scope, text)
          const first = await openScanCheckpoint(file, { organization: 'fabrikam', mode: 'new' })
          await first.record(outcome)
          await first.close()
          const again = await openScanCheckpoint(file, { organization: 'fabrikam', mode: 'resume' })
          expect(await again.recall(outcome.user.descriptor)).toEqual(outcome)
          await again.close()
        }),
        runs,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

function outcomeWith(displayName: string | null, scope: string | null, validToText: string | null): ReadOutcome {
  const nothing = {
    origin: null,
    originId: null,
    domain: null,
    subjectKind: null,
    metaType: null,
    directoryAlias: null,
  }
  return {
    status: 'read',
    user: {
      descriptor: 'aad.QQ',
      displayName,
      principalName: displayName,
      mailAddress: null,
      ...nothing,
      isDeletedInOrigin: false,
    },
    tokens: [
      {
        authorizationId: id,
        displayName,
        scope,
        targetAccounts: displayName === null ? null : [displayName],
        validFrom: new Date('2026-01-01T00:00:00.123Z'),
        validFromText: '2026-01-01T00:00:00.1234567',
        validTo: null,
        validToText: validToText === null ? null : `no time: ${validToText}`,
        isValid: null,
        isPublic: null,
        userId: null,
        clientId: null,
        hostAuthorizationId: null,
        source: null,
      },
    ],
  }
}
