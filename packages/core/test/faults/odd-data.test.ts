import type { PersonSpec, TokenSpec } from '@patkit/emulator'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SessionToken } from '../../src/index.js'
import { collect, readUsers, startWorld } from '../world.js'

/** One token, as an administrator reads it. */
async function readToken(token: TokenSpec): Promise<SessionToken> {
  const { emulator, devops } = await startWorld({ people: [{ tokens: [token] }] })
  const [read] = await collect(devops.tokenAdmin.list(emulator.data.userAt(0).descriptor))
  if (read === undefined) throw new Error('no token was read')
  return read
}

/** Names that break naive code. */
const awkward = [
  '',
  'x'.repeat(10_000),
  '\u{1f469}\u200d\u{1f4bb} \u202eoverride\u202c zero\u200dwidth',
  'nul\u0000 vertical\u000btab half \ud83d pair',
  '</script><img src=x onerror=alert(1)>',
  "=cmd|' /C calc'!A0",
  'semi;colon, "quoted"\r\nsecond line',
]

describe('times', () => {
  it.each([
    ['2018-07-19T00:00:00', '2018-07-19T00:00:00.000Z'],
    ['2020-11-23T04:04:38.5233333Z', '2020-11-23T04:04:38.523Z'],
    ['2020-12-01T23:46:23+00:00', '2020-12-01T23:46:23.000Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999Z'],
  ])('fault 50: %s means UTC wherever this machine is, and keeps its text', async (text, iso) => {
    vi.stubEnv('TZ', 'America/New_York')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(new Date('2020-01-01T00:00:00').toISOString()).toBe('2020-01-01T05:00:00.000Z')
    const token = await readToken({ validFrom: text, validTo: text })
    expect([token.validFrom?.toISOString(), token.validFromText]).toEqual([iso, text])
    expect([token.validTo?.toISOString(), token.validToText]).toEqual([iso, text])
  })

  it.each(['soon', '2020-13-01T00:00:00Z', '2020-02-30T99:00:00'])(
    'fault 50: %s is no time: null beside its text, never an invalid date',
    async (text) => {
      expect(await readToken({ validTo: text })).toMatchObject({ validTo: null, validToText: text })
    },
  )

  it('fault 50: one that is missing is null', async () => {
    const extra = { validFrom: null, validTo: undefined }
    expect(await readToken({ extra })).toMatchObject({ validFrom: null, validFromText: null })
  })

  it('fault 53: a token that is called valid after its end is passed on as the service says', async () => {
    const token = await readToken({ validTo: '2020-01-01T00:00:00', validFrom: '2021-01-01T00:00:00', isValid: true })
    expect(token).toMatchObject({ isValid: true, validTo: new Date('2020-01-01T00:00:00Z') })
    expect(token.validFrom?.getTime()).toBeGreaterThan(token.validTo?.getTime() ?? 0)
  })
})

describe('texts', () => {
  it('fault 51: come through as they are, in names of users and of tokens', async () => {
    const person: PersonSpec = { tokens: awkward.map((displayName) => ({ displayName })) }
    const names: readonly PersonSpec[] = awkward.map((displayName) => ({ displayName }))
    const world = await startWorld({ people: [person, { displayName: null }, ...names] })
    const users = await readUsers(world)
    expect(users.slice(1).map(({ displayName }) => displayName)).toEqual([null, ...awkward])
    const tokens = await collect(world.devops.tokenAdmin.list(world.emulator.data.userAt(0).descriptor))
    expect(tokens.map(({ displayName }) => displayName)).toEqual(awkward)
  })

  it('fault 52: words that nobody knows yet are passed on, and unknown fields left out', async () => {
    const extra = { origin: 'mars', subjectKind: 'robot', novelty: { deep: true } }
    const world = await startWorld({ people: [{ metaType: 'android', mailAddress: null, extra }] })
    const [user] = await readUsers(world)
    expect(user).toMatchObject({ mailAddress: null, metaType: 'android', origin: 'mars', subjectKind: 'robot' })
    expect(user).not.toHaveProperty('novelty')
    expect(await readToken({ extra: { source: 'moonbase' } })).toMatchObject({ source: 'moonbase' })
  })

  it('fault 52: a number in the place of a text fails that user by name of the field, and nobody else', async () => {
    const { devops, clock } = await startWorld({
      people: [{ tokens: [{ extra: { scope: 7 } }] }, { tokens: 1 }],
    })
    const [first, second] = await clock.runUntil(collect(devops.scanTokens()))
    expect(first).toMatchObject({ status: 'failed', error: { code: 'PATKIT_PROTOCOL', field: 'value[0].scope' } })
    expect(second).toMatchObject({ status: 'read' })
  })

  it('fault 54: full access, long lists of scopes and all organizations come through as the service says', async () => {
    const scope = Array.from({ length: 400 }, (_, n) => `vso.scope_${n}`).join(' ')
    expect(await readToken({ scope: 'app_token', targetAccounts: null })).toMatchObject({
      scope: 'app_token',
      targetAccounts: null,
    })
    expect((await readToken({ scope })).scope).toBe(scope)
  })
})
