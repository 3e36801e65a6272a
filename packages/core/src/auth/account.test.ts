import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { b2c } from '../config/authority.js'
import { readAccount, toAccount, withEditedProfile, type Account } from './account.js'

const secret = 'EAAGm0PX4ZCpsBADc9'
const authority = b2c({ tenantName: 'fabrikamb2c', userFlows: { signUpSignIn: 'B2C_1_susi' } })
const claims = {
  oid: '10000000-0000-4000-8000-000000000001',
  iss: 'https://fabrikamb2c.b2clogin.com/20000000-0000-4000-8000-000000000001/v2.0/',
  emails: ['carol@customer.example'],
  name: 'Carol',
  city: 'Oslo',
  idp: 'facebook.com',
}

function accountWith(further: Readonly<Record<string, unknown>>): Account {
  const issued = { claims: { ...claims, ...further }, homeAccountId: 'o-b2c_1_susi.t' }
  const account = toAccount(authority, 'signUpSignIn', issued, undefined)
  if (account === undefined) throw new Error('That is no account.')
  return account
}

describe('the claims of an account', () => {
  test('have what the ID token says of the person, and nothing of the sign-in itself', () => {
    expect(accountWith({ nonce: 'n', at_hash: 'h' }).claims).toEqual(claims)
  })

  test('have no access token of another identity provider, which would lie in the session in clear', () => {
    const account = accountWith({ idp_access_token: secret })
    expect(account.claims).toEqual(claims)
    expect(JSON.stringify(account) + inspect(account, { depth: 10, showHidden: true })).not.toContain(secret)
  })

  test('lose one that a session of an earlier version still has, also when the profile is edited', () => {
    const kept: unknown = JSON.parse(
      JSON.stringify({ ...accountWith({}), claims: { ...claims, idp_access_token: secret } }),
    )
    const account = readAccount(kept)
    if (account === undefined) throw new Error('That is no account.')
    expect(account.claims).toEqual(claims)
    const edited = withEditedProfile(account, accountWith({ city: 'Bergen', idp_access_token: secret }))
    expect(edited.claims).toEqual({ ...claims, city: 'Bergen' })
  })
})
