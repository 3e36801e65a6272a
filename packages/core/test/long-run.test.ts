import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { FaultAnswer } from '@patkit/emulator'
import { expect, it } from 'vitest'
import { startWorld } from './world.js'

/**
 * Half an hour of the service's time with faults of every kind. `npm run test:long` reads 20,000 users, which takes a minute or two;
 * among the other tests it is a tenth of that, by the same rules.
 */
const isLong = process.env['PATKIT_LONG_RUN'] === '1'
const users = isLong ? 20_000 : 2_000

/** One request in a hundred meets each of these. */
const kinds: readonly FaultAnswer[] = [
  { reset: 'before' },
  { reset: { afterBytes: 40 } },
  { truncate: { afterBytes: 40 } },
  { dropFinalChunk: true },
  { status: 500 },
  { status: 502 },
  { status: 503, headers: { 'Retry-After': '1' } },
  { status: 429, headers: { 'Retry-After': '1' } },
  { headers: { 'Retry-After': '1' } },
  { delayMs: 400 },
]

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

function heapMegabytes(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

it(
  'a long run with faults of every kind is complete, in flat memory, with no request too many',
  { timeout: 600_000 },
  async () => {
    const people = Array.from({ length: users }, (_, n) => ({ displayName: `Person ${n}`, tokens: 1 + (n % 3) }))
    const world = await startWorld({ people, journalSize: 0, rateLimit: { requestsPerSecond: users / 2_160 } })
    let random = 7
    const next = (): number => (random = (random * 48_271) % 2_147_483_647) / 2_147_483_647
    for (let first = 0; first < users; first += 100) {
      for (const answer of kinds) {
        const nth = first + 1 + Math.floor(next() * 100)
        world.emulator.faults.add({ match: { path: '/tokenadmin/personalaccesstokens/', nth }, answer })
      }
    }

    const started = world.clock.now()
    const scan = world.devops.scanTokens()
    const tokens = new Set<string>()
    const heap: number[] = []
    const readAll = async (): Promise<number> => {
      let read = 0
      for await (const outcome of scan) {
        expect(outcome.status).toBe('read')
        if (outcome.status === 'read') for (const { authorizationId } of outcome.tokens) tokens.add(authorizationId)
        read++
        if (read % (users / 4) === 0) heap.push(heapMegabytes())
      }
      return read
    }
    expect(await world.clock.runUntil(readAll())).toBe(users)
    expect(tokens.size).toBe(people.reduce((sum, person) => sum + person.tokens, 0))

    // Whatever was sent beyond one request a user and the pages of users was sent again after a fault.
    const faultFree = users + Math.ceil(users / 500)
    const { requests, retries, throttledMs } = scan.progress
    expect(requests - retries).toBeGreaterThanOrEqual(faultFree)
    expect(requests - retries).toBeLessThanOrEqual(faultFree * 1.03)
    expect(retries).toBeGreaterThan(users * 0.05)
    const minutes = (world.clock.now() - started) / 60_000
    expect(minutes).toBeGreaterThan(30)
    // The ids this test keeps itself are some 100 bytes each; the emulator keeps whom it has been asked for.
    const [first = 0, , , last = 0] = heap
    expect(last - first).toBeLessThan(isLong ? 30 : 10)
    console.log(
      `${users} users in ${minutes.toFixed(0)} min of the service's time: ${requests} requests, ${retries} of them again, ${Math.round(throttledMs / 1000)} s held; heap ${heap.map((each) => each.toFixed(0)).join(', ')} MB`,
    )
  },
)
