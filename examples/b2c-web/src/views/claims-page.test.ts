import { readAccount, type Account } from '@patkit/core'
import { renderToString } from '@patkit/example-kit/test'
import { h } from 'preact'
import { expect, test } from 'vitest'
import { ClaimsPage } from './claims-page.js'

const now = new Date('2026-11-26T09:00:00Z')

function accountWith(claims: Record<string, unknown>, userFlow?: Account['userFlow']): Account {
  const account = readAccount({
    id: 'o.t',
    objectId: 'o',
    tenantId: 't',
    username: 'carol@customer.example',
    homeAccountId: 'o.t',
    claims,
    ...(userFlow === undefined ? {} : { userFlow }),
  })
  if (account === undefined) throw new Error('That is no account.')
  return account
}

const pageOf = (account: Account, accessToken: Parameters<typeof ClaimsPage>[0]['accessToken'] = 'not-configured') =>
  renderToString(h(ClaimsPage, { account, idTokenEnds: undefined, accessToken, now }))

test('a token of another identity provider in a claim is not shown, whatever the claim is called', () => {
  const jwt = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYXJvbCJ9.c2lnbmF0dXJl'
  const page = pageOf(
    accountWith({ facebook_token: 'EAAGm0PX4ZCps', extension_other: jwt, nested: [jwt], city: 'Oslo' }),
  )
  expect(page).not.toContain('EAAGm0PX4ZCps')
  expect(page).not.toContain('eyJ')
  expect(page.match(/a token, which is not shown/g)).toHaveLength(3)
  expect(page).toContain('<bdi>Oslo</bdi>')
})

test('a claim of any length is whole, and folded when it is long', () => {
  const groups = 'g'.repeat(40_000)
  const page = pageOf(accountWith({ groups }))
  expect(page).toContain('<summary>40,000 characters</summary>')
  expect(page).toContain(groups)
})

test('the user flow is that of tfp, or of acr in older directories; elsewhere acr is none', () => {
  expect(pageOf(accountWith({ tfp: 'B2C_1_susi' }, 'signUpSignIn'))).toContain('<dd><bdi>B2C_1_susi</bdi></dd>')
  expect(pageOf(accountWith({ acr: 'b2c_1_susi' }, 'signUpSignIn'))).toContain('<dd><bdi>b2c_1_susi</bdi></dd>')
  expect(pageOf(accountWith({ acr: '1' }))).not.toContain('User flow')
})

test('of the access token only its end is shown', () => {
  const token = { token: 'the-token-itself', expiresOnTimestamp: now.getTime() + 30 * 60_000 }
  const page = pageOf(accountWith({}), token)
  expect(page).toContain('<time datetime="2026-11-26T09:30:00.000Z">in 30 minutes (2026-11-26 09:30 UTC)</time>')
  expect(page).not.toContain('the-token-itself')
  expect(page).toContain('<dt>ID token ends</dt><dd>it does not say</dd>')
})
