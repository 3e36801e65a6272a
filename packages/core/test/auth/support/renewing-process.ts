// One server among several, as a process of its own: renews tokens of one person that all servers share.
import { createInterface } from 'node:readline'
import { createClient } from 'redis'
import {
  AuthClient,
  fileTokenCache,
  redisTokenCache,
  type Account,
  type Authority,
  type TokenCacheStore,
} from '@patkit/core'

/** What the test tells the process, as JSON in its first argument. */
export interface Order {
  readonly cache: { readonly redis: string } | { readonly directory: string }
  readonly key: string
  readonly authority: Authority
  readonly clientId: string
  readonly secret: string
  readonly redirectUri: string
  readonly origin: string
  readonly account: Account
  readonly scopes: readonly string[]
}

const order = JSON.parse(process.argv[2] ?? '') as Order
const redis = 'redis' in order.cache ? await createClient({ url: order.cache.redis }).connect() : undefined
const tokenCache: TokenCacheStore =
  redis === undefined
    ? fileTokenCache({ directory: 'directory' in order.cache ? order.cache.directory : '', keys: order.key })
    : redisTokenCache({ client: redis, keys: order.key })
const auth = new AuthClient({
  authority: order.authority,
  clientId: order.clientId,
  credential: { secret: order.secret },
  redirectUri: order.redirectUri,
  emulator: { origin: order.origin },
  tokenCache,
})

// Everything slow is done before the others are told, so that the processes really meet.
await auth.startSignIn()
console.log('ready')
for await (const _ of createInterface({ input: process.stdin })) break

const credential = auth.credentialFor(order.account)
const tokens = await Promise.all(order.scopes.map((scope) => credential.getToken(scope)))
console.log(JSON.stringify(tokens.map((token) => token?.token)))
await redis?.quit()
process.exit(0)
