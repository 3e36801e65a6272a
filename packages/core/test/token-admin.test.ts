import { describe, expect, it } from 'vitest'
import { PermissionError } from '../src/index.js'
import { collect, failureOf, startWorld } from './world.js'

describe('tokenAdmin.list', () => {
  it('fault 49: follows the continuation token carried in the body', async () => {
    const { emulator, devops } = await startWorld({ people: [{ tokens: 45 }], tokenPageSize: 20 })
    const user = emulator.data.userAt(0)
    const tokens = await collect(devops.tokenAdmin.list(user.descriptor))
    expect(tokens.map(({ authorizationId }) => authorizationId)).toEqual(
      emulator.data.tokensOf(user).map(({ authorizationId }) => authorizationId),
    )
    expect(emulator.journal.requests).toHaveLength(3)
  })

  it('accepts null names, scopes and target accounts, and drops whatever could carry a secret', async () => {
    const secrets = { token: 'canary-1', alternateToken: 'canary-2', publicData: 'canary-3', claims: { a: 'canary-4' } }
    const { emulator, devops } = await startWorld({
      people: [
        { tokens: [{ displayName: null, scope: null, targetAccounts: null, extra: { ...secrets, novelty: 1 } }] },
      ],
    })
    const [token] = await collect(devops.tokenAdmin.list(emulator.data.userAt(0).descriptor))
    expect(token).toMatchObject({ displayName: null, scope: null, targetAccounts: null })
    expect(JSON.stringify(token)).not.toMatch(/canary|novelty/)
  })

  it('refuses a token without an authorization id, and names the field', async () => {
    const { emulator, devops } = await startWorld({ people: [{ tokens: [{ extra: { authorizationId: null } }] }] })
    const error = await failureOf(collect(devops.tokenAdmin.list(emulator.data.userAt(0).descriptor)))
    expect(error).toMatchObject({ code: 'PATKIT_PROTOCOL', field: 'value[0].authorizationId' })
  })

  it('passes on what the service says to a page size that is too high', async () => {
    const { emulator, devops } = await startWorld({ people: [{ tokens: 3 }] })
    const pages = devops.tokenAdmin.list(emulator.data.userAt(0).descriptor).byPage({ maxPageSize: 100_000 })
    expect(await failureOf(collect(pages))).toMatchObject({ code: 'PATKIT_SERVICE', status: 400 })
    expect(emulator.journal.requests).toHaveLength(1)
  })

  it('tells who may ask when the identity is no administrator', async () => {
    const { emulator, client } = await startWorld({
      people: [{ isAdministrator: true }, { principalName: 'kim@example.com' }],
    })
    const devops = client({ credential: () => emulator.tokenFor('kim@example.com') })
    const error = await failureOf(collect(devops.tokenAdmin.list(emulator.data.userAt(0).descriptor)))
    expect(error).toBeInstanceOf(PermissionError)
    expect(error).toMatchObject({ hint: expect.stringContaining('Project Collection Administrators') as string })
    expect(emulator.journal.requests).toHaveLength(1)
  })
})

describe('tokenAdmin.revoke', () => {
  it('refuses what is no authorization id before anything is sent', async () => {
    const { emulator, devops } = await startWorld()
    expect(await failureOf(devops.tokenAdmin.revoke(['not-a-guid']))).toBeInstanceOf(TypeError)
    expect(emulator.journal.requests).toHaveLength(0)
  })

  it('sends nothing for an empty list', async () => {
    const { emulator, devops } = await startWorld()
    await devops.tokenAdmin.revoke([])
    expect(emulator.journal.requests).toHaveLength(0)
  })
})

describe('tokenAdmin.createRevocationRule', () => {
  it('makes a rule for scopes and a time', async () => {
    const { emulator, devops } = await startWorld()
    const createdBefore = '2026-01-01T00:00:00Z'
    await devops.tokenAdmin.createRevocationRule({ scopes: ['vso.code', 'vso.packaging'], createdBefore })
    expect(emulator.data.revocationRules).toEqual([
      { scopes: ['vso.code', 'vso.packaging'], createdBeforeMs: Date.parse(createdBefore) },
    ])
  })

  it('refuses a rule without scopes before anything is sent', async () => {
    const { emulator, devops } = await startWorld()
    expect(() => devops.tokenAdmin.createRevocationRule({ scopes: '  ' })).toThrow(TypeError)
    expect(emulator.journal.requests).toHaveLength(0)
  })
})
