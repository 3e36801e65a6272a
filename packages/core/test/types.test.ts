import { describe, expectTypeOf, it } from 'vitest'
import type {
  AnyPatkitError,
  CreatedPat,
  DevOpsClient,
  GraphUser,
  PatkitError,
  PersonalToken,
  ScanOutcome,
  Secret,
  SessionToken,
  ThrottledError,
  TokenCredential,
  Credential,
} from '../src/index.js'

/** What `for await` gives of a list. */
type ItemOf<T> = T extends AsyncIterable<infer Item> ? Item : never

describe('the types of the public surface', () => {
  it('lists give models, page by page or item by item', () => {
    expectTypeOf<ItemOf<ReturnType<DevOpsClient['users']['list']>>>().toEqualTypeOf<GraphUser>()
    expectTypeOf<ItemOf<ReturnType<DevOpsClient['tokenAdmin']['list']>>>().toEqualTypeOf<SessionToken>()
    expectTypeOf<ItemOf<ReturnType<DevOpsClient['pats']['list']>>>().toEqualTypeOf<PersonalToken>()
    type Page = ItemOf<ReturnType<ReturnType<DevOpsClient['users']['list']>['byPage']>>
    expectTypeOf<Page['continuationToken']>().toEqualTypeOf<string | undefined>()
  })

  it('status narrows an outcome', () => {
    expectTypeOf<Extract<ScanOutcome, { status: 'read' }>['tokens']>().toEqualTypeOf<readonly SessionToken[]>()
    expectTypeOf<Extract<ScanOutcome, { status: 'failed' }>['error']>().toEqualTypeOf<PatkitError>()
    expectTypeOf<Extract<ScanOutcome, { status: 'skipped' }>>().not.toHaveProperty('error')
  })

  it('code narrows an error', () => {
    expectTypeOf<Extract<AnyPatkitError, { code: 'PATKIT_THROTTLED' }>>().toEqualTypeOf<ThrottledError>()
  })

  it('a secret is no string', () => {
    expectTypeOf<CreatedPat['secret']>().toEqualTypeOf<Secret>()
    expectTypeOf<Secret>().not.toExtend<string>()
  })

  it('a credential of @azure/core-auth fits, without that package', () => {
    interface AzureAccessToken {
      token: string
      expiresOnTimestamp: number
      refreshAfterTimestamp?: number
      tokenType?: 'Bearer' | 'pop'
    }
    interface AzureTokenCredential {
      getToken(
        scopes: string | string[],
        options?: { abortSignal?: AbortSignal; claims?: string; enableCae?: boolean; tenantId?: string },
      ): Promise<AzureAccessToken | null>
    }
    expectTypeOf<AzureTokenCredential>().toExtend<TokenCredential>()
    expectTypeOf<AzureTokenCredential>().toExtend<Credential>()
  })
})
