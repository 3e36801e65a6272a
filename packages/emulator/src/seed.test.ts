import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startWorld } from '../test/world.js'
import { createTestClock, type EmulatedUser, type EmulatorOptions, startEmulator } from './index.js'
import { carriedBy, carryingUuid } from './random.js'
import { parseServiceTime, serviceTime, withZone } from './service-time.js'

async function dataOf(options: EmulatorOptions) {
  const { emulator } = await startWorld(options)
  return emulator.data
}

const everything = async (options: EmulatorOptions) => {
  const data = await dataOf(options)
  return Array.from(data.users(), (user) => ({ user, tokens: data.tokensOf(user), keys: data.sshKeysOf(user) }))
}

describe('a seeded organization', () => {
  test('is the same for the same seed and time, and another for another seed', async () => {
    const first = await everything({ seed: 7 })
    expect(await everything({ seed: 7 })).toEqual(first)
    expect(await everything({ seed: 8 })).not.toEqual(first)
  })

  test('keeps its people when it grows', async () => {
    const [small, large] = [await everything({ users: 60 }), await everything({ users: 120 })]
    expect(large.slice(0, 60)).toEqual(small)
  })

  test('moves its dates with the clock', async () => {
    const clock = createTestClock('2030-01-01T00:00:00Z')
    const now = clock.now()
    const ends = (await everything({ clock })).flatMap(({ tokens }) =>
      tokens.map(({ validTo }) => parseServiceTime(validTo) ?? 0),
    )
    expect(ends.some((end) => end < now)).toBe(true)
    expect(ends.some((end) => end > now && end < now + 7 * 86_400_000)).toBe(true)
  })

  test('has one of everything among the first 60', async () => {
    const data = await dataOf({})
    const users = [...data.users()]
    const kinds = new Set(users.map(({ kind }) => kind))
    expect(kinds).toEqual(
      new Set(['member', 'guest', 'personal-account', 'imported', 'build-service', 'local-authority']),
    )
    expect(data.servicePrincipals.map(({ descriptor }) => descriptor.split('.')[0])).toContain('aadsp')
    const has = (what: (user: EmulatedUser) => boolean): boolean => users.some(what)
    expect(has(({ isDeletedInOrigin }) => isDeletedInOrigin)).toBe(true)
    expect(has(({ displayName }) => displayName === null)).toBe(true)
    expect(has(({ mailAddress }) => mailAddress === null)).toBe(true)
    expect(has((user) => user.kind === 'member' && data.tokensOf(user).length === 0)).toBe(true)
    expect(has((user) => data.tokensOf(user).length > 200)).toBe(true)
    expect(has((user) => user.isDeletedInOrigin && data.tokensOf(user).some(({ status }) => status === 'active'))).toBe(
      true,
    )
    const tokens = users.flatMap((user) => data.tokensOf(user))
    expect(new Set(tokens.map(({ status }) => status))).toEqual(new Set(['active', 'expired', 'revoked']))
    expect(tokens.some(({ scope }) => scope === 'app_token')).toBe(true)
    expect(tokens.some(({ scope }) => scope === null)).toBe(true)
    expect(tokens.some(({ targetAccounts }) => targetAccounts === null)).toBe(true)
    expect(tokens.some(({ displayName }) => displayName === null)).toBe(true)
    expect(tokens.some(({ validTo }) => validTo.startsWith('9999-'))).toBe(true)
    expect(tokens.some(({ status, isValid }) => status === 'expired' && isValid)).toBe(true)
  })

  test('names nobody twice, so that reports can be compared by name', async () => {
    const names = Array.from(
      (await dataOf({ users: 1_000, awkwardNames: 'leave-out' })).people(),
      ({ principalName }) => principalName,
    )
    expect(new Set(names).size).toBe(names.length)
  })

  test('leaves out awkward names where that is asked for', async () => {
    const awkward = /[<>=;\u202E\uD83D]|^ /
    const namesIn = async (options: EmulatorOptions): Promise<(string | null)[]> =>
      (await everything(options)).flatMap(({ user, tokens }) => [
        user.displayName,
        ...tokens.map(({ displayName }) => displayName),
      ])
    expect((await namesIn({})).filter((name) => awkward.test(name ?? '')).length).toBeGreaterThan(5)
    expect((await namesIn({ awkwardNames: 'leave-out' })).filter((name) => awkward.test(name ?? ''))).toEqual([])
  })

  test('finds each of 100,000 people and their tokens without having made the others', async () => {
    await using emulator = await startEmulator({ users: 100_000, clock: createTestClock() })
    const { data } = emulator
    for (const index of [0, 1, 4_711, 65_536, 99_999]) {
      const user = data.userAt(index)
      expect(data.find(user.descriptor)).toEqual(user)
      for (const token of data.tokensOf(user)) expect(data.token(token.authorizationId)).toEqual(token)
    }
    expect(() => data.userAt(100_000)).toThrow(new RangeError('the organization has the places 0 to 99999, not 100000'))
  })

  test('shows the JSON of half a surrogate pair as an escape', async () => {
    const { send } = await startWorld()
    expect((await send('graph/users?api-version=7.1-preview.1')).text).toContain('Leading \\ud83d space')
  })
})

describe('people', () => {
  test('stand first, and made-up ones follow where users is larger', async () => {
    const data = await dataOf({ people: [{ displayName: 'First' }, { displayName: 'Second', tokens: 3 }], users: 5 })
    expect(data.size).toBe(5)
    expect(data.userAt(1).displayName).toBe('Second')
    expect(data.tokensOf('Second')).toHaveLength(3)
    expect(data.userAt(4)).toEqual((await dataOf({ users: 5 })).userAt(4))
  })

  test('are all there is without users', async () => {
    const data = await dataOf({ people: [{}, { kind: 'service-principal', displayName: 'robot' }] })
    expect([data.size, data.servicePrincipals.map(({ displayName }) => displayName)]).toEqual([1, ['robot']])
  })

  test('are refused when they are no list', async () => {
    await expect(startEmulator({ people: {} as never })).rejects.toThrow('people must be an array of persons')
  })
})

describe('ids that carry their place', () => {
  test('give it back, for any place', () => {
    const space = fc.nat(0xffffffff)
    fc.assert(
      fc.property(space, fc.nat(0xffffffff), fc.nat(0xffff), (seed, index, ordinal) => {
        const uuid = carryingUuid(seed, index, ordinal)
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        expect(carriedBy(seed, uuid)).toEqual({ index, ordinal })
      }),
    )
  })

  test('are nobody else’s', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => carriedBy(1, uuid) === undefined))
  })
})

describe('times of the service', () => {
  test.each([
    [0.319, '.32'],
    [0.103, '.1033333'],
    [0, ''],
    [0.999, ''],
  ])('%d seconds are written as "%s"', (seconds, fraction) => {
    const written = serviceTime(Date.UTC(2020, 10, 2, 22, 56, 52) + seconds * 1000)
    expect(written).toBe(seconds === 0.999 ? '2020-11-02T22:56:53' : `2020-11-02T22:56:52${fraction}`)
  })

  test.each([
    ['2018-07-18T00:51:26.5557358-07:00', Date.UTC(2018, 6, 18, 7, 51, 26, 555)],
    ['2018-07-19T00:00:00', Date.UTC(2018, 6, 19)],
    ['2018-07-19', Date.UTC(2018, 6, 19)],
    ['2018-07-19T10:00Z', Date.UTC(2018, 6, 19, 10)],
    ['2018-07-19T10:00:00+0200', Date.UTC(2018, 6, 19, 8)],
    ['2018-13-19', undefined],
    ['soon', undefined],
  ])('"%s" is read as UTC', (text, ms) => {
    expect(parseServiceTime(text)).toBe(ms)
  })

  test('get a Z only where they have no zone', () => {
    expect([
      withZone('2018-07-19T00:00:00'),
      withZone('2018-07-19T00:00:00Z'),
      withZone('2018-07-19T00:00:00+01:00'),
    ]).toEqual(['2018-07-19T00:00:00Z', '2018-07-19T00:00:00Z', '2018-07-19T00:00:00+01:00'])
  })
})
