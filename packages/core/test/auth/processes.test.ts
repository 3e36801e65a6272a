import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fileTokenCache, redisTokenCache, systemClock, type TokenCacheStore } from '../../src/index.js'
import { skipWithoutRedis, startRedis } from './support/redis.js'
import type { Order } from './support/renewing-process.js'
import { redirectUri, sampleIds, sampleSecret, startAuthWorld, type AuthWorld } from './support/world.js'

const program = fileURLToPath(new URL('./support/renewing-process.ts', import.meta.url))
const key = randomBytes(32).toString('base64')
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const

/** An API for each letter, so that each of its tokens needs a renewal of its own. */
const scopeOf = (letter: string): string => `api://${idOf(letter)}/read`
const idOf = (letter: string): string => `00000000-0000-4000-8000-${letter.repeat(12)}`

/**
 * A service whose refresh tokens are good for one use: whoever loses one that another server got is signed out by it. Everybody lives by
 * the machine's clock, because the processes do.
 */
async function startServers(tokenCache: TokenCacheStore): Promise<AuthWorld> {
  return startAuthWorld(
    'one tenant by id',
    { tokenCache, clock: systemClock },
    {
      clock: systemClock,
      knobs: { usedRefreshTokens: 'refuse' },
      resources: letters.map((letter) => ({
        id: idOf(letter),
        displayName: `API ${letter}`,
        tenant: 'contoso.onmicrosoft.com',
        scopes: ['read'],
      })),
      clients: [
        {
          clientId: sampleIds.singleTenantClient,
          tenant: 'contoso.onmicrosoft.com',
          displayName: 'Report',
          redirectUris: [redirectUri],
          secrets: [{ value: sampleSecret }],
          consent: 'granted',
        },
      ],
    },
  )
}

/** Runs the orders in processes of their own that all begin at the same moment; gives the tokens of each. */
async function runTogether(orders: readonly Order[]): Promise<string[][]> {
  const processes = orders.map((order) => {
    const child = spawn(
      process.execPath,
      ['--conditions=@patkit/source', '--import', 'tsx', program, JSON.stringify(order)],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    onTestFinished(() => void child.kill())
    return {
      child,
      lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
      ended: once(child, 'exit'),
    }
  })
  for (const { lines } of processes) expect((await lines.next()).value).toBe('ready')
  for (const { child } of processes) child.stdin.end('go\n')
  const said = await Promise.all(processes.map(({ lines }) => lines.next()))
  for (const { ended } of processes) expect(await ended).toEqual([0, null])
  return said.map(({ value }) => JSON.parse(String(value)) as string[])
}

async function renewInTwoProcesses(cache: Order['cache'], tokenCache: TokenCacheStore): Promise<void> {
  const world = await startServers(tokenCache)
  const { account } = await world.signIn({ scopes: ['openid'] })
  const orders = [letters.slice(0, 4), letters.slice(4)].map((part) => ({
    cache,
    key,
    authority: world.place.authority,
    clientId: world.place.clientId,
    secret: sampleSecret,
    redirectUri,
    origin: world.url,
    account,
    scopes: part.map(scopeOf),
  }))
  world.identity.requests.clear()

  const tokens = await runTogether(orders)

  // Eight renewals, each with a refresh token that the one before it got, whichever process that was.
  expect(world.identity.requests.list('token').map(({ grantType, status }) => [grantType, status])).toEqual(
    letters.map(() => ['refresh_token', 200]),
  )
  const credential = world.client().credentialFor(account)
  const kept = await Promise.all(letters.map(async (letter) => (await credential.getToken(scopeOf(letter)))?.token))
  expect(kept).toEqual(tokens.flat())
  expect(world.identity.requests.list('token')).toHaveLength(letters.length)
}

describe('two servers that renew the tokens of one person at once', () => {
  test.skipIf(skipWithoutRedis())('lose nothing in Redis', async () => {
    const redis = await startRedis()
    const tokenCache = redisTokenCache({ client: await redis.connect(), keys: key })

    await renewInTwoProcesses({ redis: redis.url }, tokenCache)
  })

  test('lose nothing in files', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'patkit-processes-'))
    onTestFinished(() => rm(directory, { recursive: true, force: true }))

    await renewInTwoProcesses({ directory }, fileTokenCache({ directory, keys: key }))
  })
})
