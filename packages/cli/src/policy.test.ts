import { statusOf, stillWorks, toRow, type TokenRow } from '@patkit/report'
import { expect, test } from 'vitest'
import { aToken, aUser } from '../test/samples.js'
import { CommandError } from './command-error.js'
import { nameOf, parsePolicy, PolicyWatch } from './policy.js'

const now = new Date('2026-06-01T00:00:00Z')
const judge = { statusOf, stillWorks }

function row(token: Parameters<typeof aToken>[0]): TokenRow {
  return toRow(aUser(), aToken(token), { now, expiringWithinDays: 30 })
}

function watch(policy: string, ...rows: readonly TokenRow[]): PolicyWatch {
  const policyWatch = new PolicyWatch(parsePolicy(policy, 30), now, judge)
  for (const each of rows) policyWatch.see(each)
  return policyWatch
}

const expired = row({ validTo: new Date('2026-05-31T00:00:00Z') })
const revoked = row({ isValid: false, scope: 'app_token', targetAccounts: null, validTo: null, validToText: null })
const endsIn20Days = row({ validTo: new Date('2026-06-21T00:00:00Z') })
const endless = row({ validTo: new Date('9999-12-31T23:59:59Z') })
const powerful = row({ scope: 'app_token', targetAccounts: null })

test('parsePolicy() reads names with commas between them, each once', () => {
  expect(parsePolicy('expired, expiring:2w,full-scope,all-orgs,no-expiry,expired', 30).map(nameOf)).toEqual([
    'expired',
    'expiring:14d',
    'full-scope',
    'all-orgs',
    'no-expiry',
  ])
})

test('parsePolicy() takes the days of --expiring-within for expiring alone', () => {
  expect(parsePolicy('expiring', 21)).toEqual([{ kind: 'expiring', withinDays: 21 }])
})

test.each([
  ['', 'is empty'],
  [' , ', 'is empty'],
  ['expired,', 'does not know ""'],
  ['full-scop', 'does not know "full-scop"'],
  ['expiring:', 'no number of days'],
  ['expiring:soon', 'no number of days'],
  ['expiring:1d:2d', 'more than one colon'],
  ['expired:3d', 'takes no number of days'],
])('parsePolicy() refuses %j', (text, fault) => {
  expect(() => parsePolicy(text, 30)).toThrow(CommandError)
  expect(() => parsePolicy(text, 30)).toThrow(fault)
})

test('parsePolicy() suggests the rule that was meant', () => {
  try {
    parsePolicy('no-expirey', 30)
    expect.unreachable()
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 2, hint: 'Did you mean no-expiry?' })
  }
})

test('PolicyWatch counts each rule, and each token once', () => {
  const policy = watch('expired,full-scope,all-orgs', expired, powerful, powerful, endsIn20Days)
  expect(policy.tokens).toBe(3)
  expect(policy.hits).toEqual([
    { rule: 'expired', tokens: 1 },
    { rule: 'full-scope', tokens: 2 },
    { rule: 'all-orgs', tokens: 2 },
  ])
})

test('PolicyWatch looks only at tokens that still work for full-scope, all-orgs and no-expiry', () => {
  expect(watch('full-scope,all-orgs,no-expiry', revoked).tokens).toBe(0)
  expect(watch('no-expiry', endless, endsIn20Days).tokens).toBe(1)
})

test('PolicyWatch judges expiring by the days of the rule, not by those of the report', () => {
  expect(watch('expiring:14d', endsIn20Days).tokens).toBe(0)
  expect(watch('expiring:21d', endsIn20Days, expired, endless, revoked).tokens).toBe(1)
  expect(watch('expiring:90d', row({ validTo: new Date('2026-08-01T00:00:00Z') })).tokens).toBe(1)
})
