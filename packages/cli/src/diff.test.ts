import { expect, test } from 'vitest'
import { parseChangeKinds, ReportComparison, type ChangeKind } from './diff.js'
import type { ReportedToken } from './report-file.js'

function aReported(changes: Partial<ReportedToken> = {}): ReportedToken {
  return {
    authorizationId: '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22',
    owner: 'Ada',
    ownerMail: 'ada@fabrikam.example',
    token: 'ci',
    status: 'active',
    scopes: ['vso.code'],
    allOrganizations: false,
    expires: '2026-09-01T00:00:00.000Z',
    asOf: null,
    ...changes,
  }
}

function changed(before: Partial<ReportedToken>, after: Partial<ReportedToken>): readonly ChangeKind[] {
  const comparison = new ReportComparison()
  comparison.remember(aReported(before))
  return comparison.compare(aReported(after)).map(({ kind }) => kind)
}

test('a token that is the same in both reports is no change, whatever the order of its scopes or a new name', () => {
  expect(changed({}, {})).toEqual([])
  expect(
    changed({ scopes: ['vso.code', 'vso.build'] }, { scopes: ['vso.build', 'vso.code'], token: 'renamed' }),
  ).toEqual([])
})

test('a token whose end moved away is extended, also to no end; one that ends earlier is not', () => {
  expect(changed({}, { expires: '2026-10-01T00:00:00.000Z' })).toEqual(['extended'])
  expect(changed({}, { expires: '9999-12-31T23:59:59.999Z' })).toEqual(['extended'])
  expect(changed({}, { expires: null })).toEqual(['extended'])
  expect(changed({ expires: null }, { expires: '9999-12-31T23:59:59.999Z' })).toEqual([])
  expect(changed({}, { expires: '2026-08-01T00:00:00.000Z' })).toEqual([])
  expect(changed({}, { expires: '2026-09-01T00:00:00.004Z' })).toEqual([])
  expect(changed({ expires: 'soon' }, { expires: 'later' })).toEqual([])
})

test('a token is newly expiring only if it was active before', () => {
  expect(changed({ status: 'active' }, { status: 'expiring' })).toEqual(['expiring'])
  expect(changed({ status: 'expiring' }, { status: 'expiring' })).toEqual([])
  expect(changed({ status: 'expired' }, { status: 'expiring', expires: '2026-09-20T00:00:00Z' })).toEqual(['extended'])
})

test('a token that worked and is revoked now is revoked; an expired one that is called revoked is not', () => {
  expect(changed({ status: 'expiring' }, { status: 'revoked' })).toEqual(['revoked'])
  expect(changed({ status: 'expired' }, { status: 'revoked' })).toEqual([])
})

test('other scopes and another reach are a changed scope, beside what else happened', () => {
  expect(changed({}, { scopes: ['app_token'] })).toEqual(['scope-changed'])
  expect(changed({}, { allOrganizations: true })).toEqual(['scope-changed'])
  expect(changed({}, { scopes: [], expires: '2026-09-20T00:00:00Z' })).toEqual(['extended', 'scope-changed'])
})

test('tokens of one report alone are new and gone, each once even if a report repeats it', () => {
  const comparison = new ReportComparison()
  comparison.remember(aReported({ authorizationId: 'a' }))
  comparison.remember(aReported({ authorizationId: 'a' }))
  comparison.remember(aReported({ authorizationId: 'b' }))
  const newer = ['c', 'b', 'c', 'b'].map((authorizationId) => aReported({ authorizationId }))
  const changes = [...newer.flatMap((token) => comparison.compare(token)), ...comparison.gone()]
  expect(changes.map(({ kind, token }) => [kind, token.authorizationId])).toEqual([
    ['new', 'c'],
    ['gone', 'a'],
  ])
  expect(comparison.tokens).toEqual({ before: 2, after: 2 })
})

test('parseChangeKinds() reads names with commas and suggests what was meant', () => {
  expect(parseChangeKinds('new, extended,new')).toEqual(['new', 'extended'])
  expect(() => parseChangeKinds('extnded')).toThrow('--fail-on does not know "extnded".')
  expect(() => parseChangeKinds('')).toThrow('--fail-on does not know "".')
})
