import { describe, expect, test } from 'vitest'
import { isTokenCache, mergeTokens, shiftTimes } from './msal-cache.js'

const tokens = (account: string, name: string) => ({
  Account: { [`account ${account}`]: { home_account_id: account } },
  AccessToken: {
    [`${account} ${name}`]: { home_account_id: account, secret: name, expires_on: '1000', cached_at: '900' },
  },
  AppMetadata: { app: { client_id: 'x' } },
})

describe('mergeTokens()', () => {
  test('replaces the tokens of the same account and keeps those of others', () => {
    const kept = mergeTokens(
      JSON.stringify(tokens('alice-susi', 'old')),
      JSON.stringify(tokens('alice-reset', 'other')),
      'alice-reset',
    )
    const merged = JSON.parse(mergeTokens(kept, JSON.stringify(tokens('alice-susi', 'new')), 'alice-susi')) as {
      AccessToken: object
      AppMetadata: object
    }

    expect(Object.keys(merged.AccessToken).sort()).toEqual(['alice-reset other', 'alice-susi new'])
    expect(merged.AppMetadata).toEqual({ app: { client_id: 'x' } })
  })

  test.each([undefined, '', 'not json', '[]', '7'])('takes the new tokens alone when %j was kept', (kept) => {
    const fresh = JSON.stringify(tokens('alice', 'new'))
    expect(mergeTokens(kept, fresh, 'alice')).toBe(fresh)
  })
})

describe('shiftTimes()', () => {
  test('moves every time of the access tokens, there and back', () => {
    const text = JSON.stringify({
      AccessToken: {
        a: { expires_on: '1000', cached_at: '900', extended_expires_on: '2000', refresh_on: '950', secret: '42' },
      },
    })
    expect(JSON.parse(shiftTimes(text, 60))).toEqual({
      AccessToken: {
        a: { expires_on: '1060', cached_at: '960', extended_expires_on: '2060', refresh_on: '1010', secret: '42' },
      },
    })
    expect(shiftTimes(shiftTimes(text, 60), -60)).toBe(text)
  })

  test.each(['', 'not json', '{}', '{"AccessToken":{"a":{"expires_on":7,"cached_at":"soon"}}}'])(
    'leaves %j as it is',
    (text) => {
      expect(shiftTimes(text, 60)).toBe(text)
      expect(shiftTimes(text, 0)).toBe(text)
    },
  )
})

test.each([
  ['{}', true],
  ['{"Account":{}}', true],
  ['{"Account":{"a":7}}', false],
  ['[]', false],
  ['', false],
])('isTokenCache(%j) is %s', (text, expected) => {
  expect(isTokenCache(text)).toBe(expected)
})
