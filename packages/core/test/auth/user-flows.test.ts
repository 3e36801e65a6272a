import { describe, expect, test } from 'vitest'
import { b2c, ConfigurationError } from '../../src/index.js'
import { failureOf } from '../world.js'
import { claimsIn, expectSignedIn, sampleIds, startAuthWorld, throughJson } from './support/world.js'

const signUpSignIn = 'B2C_1_susi'

describe('the user flow editProfile', () => {
  test('gives the account with what is new, and leaves its tokens as they are', async () => {
    const { auth, finish, place, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn()

    const edited = await finish(
      { userFlow: 'editProfile', account, returnTo: '/profile' },
      { profile: { displayName: 'Carol Clark-Cole' } },
    )

    expect(edited).toMatchObject({ kind: 'profile-edited', returnTo: '/profile', userFlow: 'editProfile' })
    if (edited.kind !== 'profile-edited') return
    expect(edited.account).toMatchObject({
      id: account.id,
      homeAccountId: account.homeAccountId,
      userFlow: 'signUpSignIn',
      name: 'Carol Clark-Cole',
      username: account.username,
    })
    const token = await auth.credentialFor(edited.account).getToken(place.scope)
    expect(claimsIn(token).oid).toBe(account.objectId)
  })

  test('can still renew with the tokens of the sign-in afterwards', async () => {
    const { auth, clock, finish, identity, place, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn()
    const edited = await finish({ userFlow: 'editProfile', account })
    if (edited.kind !== 'profile-edited') throw new Error(edited.kind)

    await clock.advance(60 * 60_000)
    const token = await auth.credentialFor(throughJson(edited.account) as typeof account).getToken(place.scope)

    expect(token).toHaveProperty('token')
    expect(identity.requests.list('token').at(-1)).toMatchObject({ grantType: 'refresh_token', status: 200 })
  })

  test('refuses the profile of somebody else', async () => {
    const { browser, finish, place, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn()
    // Somebody else signs in in the same browser meanwhile, so the edit flow takes them.
    await signIn({ prompt: 'login' }, { person: place.otherPerson })
    expect(browser).toBeDefined()

    const result = await finish(
      { userFlow: 'editProfile', account, loginHint: place.otherPerson },
      { person: place.otherPerson },
    )

    expect(result).toMatchObject({ kind: 'failed', reason: 'account' })
  })

  test('is a value when the person leaves the page (AADB2C90091)', async () => {
    const { finish, signIn } = await startAuthWorld('B2C')
    const { account } = await signIn()

    const result = await finish({ userFlow: 'editProfile', account, returnTo: '/profile' }, { turn: 'cancel' })

    expect(result).toEqual({ kind: 'cancelled', returnTo: '/profile', userFlow: 'editProfile' })
  })

  test('is a fault of the configuration when there is none', async () => {
    const { auth } = await startAuthWorld('B2C', {
      authority: b2c({ tenantName: 'fabrikamb2c', userFlows: { signUpSignIn } }),
    })

    const error = await failureOf(auth.startSignIn({ userFlow: 'editProfile' }))

    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ faults: [{ field: 'authority.userFlows.editProfile' }] })
  })
})

describe('a forgotten password (AADB2C90118)', () => {
  test('leads to the user flow resetPassword, which signs the person in', async () => {
    const { auth, clock, finish, place, signIn } = await startAuthWorld('B2C')

    const forgot = await finish({ returnTo: '/reports' }, { turn: 'forgot-password' })
    expect(forgot).toEqual({
      kind: 'password-reset-requested',
      returnTo: '/reports',
      userFlow: 'signUpSignIn',
      scopes: [place.scope],
    })
    const { account } = await signIn({ userFlow: 'resetPassword', returnTo: forgot.returnTo })

    expect(account.userFlow).toBe('resetPassword')
    // A refresh token of one user flow is good at no other.
    await clock.advance(60 * 60_000)
    expect(claimsIn(await auth.credentialFor(account).getToken(place.scope)).oid).toBe(account.objectId)
  })

  test('keeps the tokens of the sign-in and of the reset side by side', async () => {
    const { auth, clock, place, signIn } = await startAuthWorld('B2C')
    const { account: before } = await signIn()
    const { account: after } = await signIn({ userFlow: 'resetPassword', prompt: 'login' })
    expect(after.id).toBe(before.id)
    expect(after.homeAccountId).not.toBe(before.homeAccountId)

    await clock.advance(60 * 60_000)

    expect(await auth.credentialFor(before).getToken(place.scope)).toHaveProperty('token')
    expect(await auth.credentialFor(after).getToken(place.scope)).toHaveProperty('token')
  })

  test('is seen wherever it arrives', async () => {
    const { auth, place } = await startAuthWorld('B2C')
    for (const userFlow of ['signUpSignIn', 'editProfile', 'resetPassword'] as const) {
      const { transaction } = await auth.startSignIn({ scopes: [place.scope], userFlow })

      const result = await auth.finishSignIn(
        {
          error: 'access_denied',
          error_description: 'AADB2C90118: The user has forgotten their password.\r\nCorrelation ID: 1\r\n',
          state: transaction.state,
        },
        transaction,
      )

      expect(result).toMatchObject({ kind: 'password-reset-requested', userFlow })
    }
  })

  test('is refused with a wrong state: nobody can send others to a reset', async () => {
    const { auth } = await startAuthWorld('B2C')
    const { transaction } = await auth.startSignIn()

    const result = await auth.finishSignIn(
      { error: 'access_denied', error_description: 'AADB2C90118: x', state: 'forged' },
      transaction,
    )

    expect(result).toMatchObject({ kind: 'failed', reason: 'state' })
  })

  test('says what is missing when no user flow is configured for it', async () => {
    const { finish } = await startAuthWorld('B2C', {
      authority: b2c({ tenantName: 'fabrikamb2c', userFlows: { signUpSignIn } }),
    })

    const result = await finish({}, { turn: 'forgot-password' })

    expect(result).toMatchObject({
      kind: 'failed',
      reason: 'configuration',
      code: 'AADB2C90118',
      faults: [{ field: 'authority.userFlows.resetPassword' }],
    })
  })
})

describe('user flows are kept apart', () => {
  test('a token of another user flow is refused', async () => {
    const world = await startAuthWorld('B2C')
    world.identity.knobs.set({ idTokenFlaws: { omit: ['tfp', 'acr'] } })

    expect(await world.finish()).toMatchObject({ kind: 'failed', reason: 'user-flow' })
  })

  test('a code of another user flow is refused by the service (AADB2C90088)', async () => {
    const { auth, browser, place } = await startAuthWorld('B2C')
    const { url, transaction } = await auth.startSignIn({ scopes: [place.scope] })
    const end = await browser.signIn(url, { person: place.person })

    const result = await auth.finishSignIn(end.url, { ...transaction, userFlow: 'editProfile' })

    expect(result).toMatchObject({ kind: 'failed', code: 'AADB2C90088' })
  })

  test.each(['user-flow', 'tenant'] as const)(
    'the issuer of the form %s is taken, with acr as with tfp',
    async (issuerFormat) => {
      const { signIn } = await startAuthWorld(
        'B2C',
        {},
        {
          tenants: [
            {
              kind: 'b2c',
              name: 'fabrikamb2c',
              issuerFormat,
              userFlowClaim: 'acr',
              userFlows: [{ name: 'B2C_1_susi', kind: 'sign-up-sign-in' }],
            },
            { kind: 'entra', domain: 'contoso.onmicrosoft.com' },
            { kind: 'entra', domain: 'fabrikam.onmicrosoft.com' },
            { kind: 'external-id', name: 'woodgrove' },
          ],
        },
      )

      await signIn()
    },
  )

  test('a tenant id that is not the tenant is refused', async () => {
    const { finish } = await startAuthWorld('B2C', {
      authority: b2c({
        tenantName: 'fabrikamb2c',
        tenantId: sampleIds.b2cTenant,
        userFlows: { signUpSignIn },
      }),
    })
    expectSignedIn(await finish())
  })

  test('somebody without a preferred name goes by the e-mail address', async () => {
    const { signIn } = await startAuthWorld('B2C')

    const { account } = await signIn()

    expect(account).toMatchObject({ username: 'carol@customer.example', email: 'carol@customer.example' })
    expect(account.tenantId).toBe(sampleIds.b2cTenant)
  })

  test('somebody who signs up is signed in', async () => {
    const { signIn } = await startAuthWorld('B2C')

    const { account } = await signIn(
      {},
      { turn: 'sign-up', newcomer: { address: 'new@customer.example', displayName: 'Newton New' } },
    )

    expect(account).toMatchObject({ username: 'new@customer.example', name: 'Newton New' })
  })
})
