import type { ReportSummary } from '@patkit/report'
import { expect, test } from 'vitest'
import { summaryLines, type SummaryParts } from './summary.js'

const complete: ReportSummary = {
  organization: 'fabrikam',
  complete: true,
  users: { listed: 1400, read: 1385, skipped: 15, failed: 0 },
  tokens: 1203,
  status: { active: 900, expiring: 40, expired: 200, revoked: 63 },
  flags: { fullScope: 20, allOrganizations: 44, overLongLife: 12, noExpiry: 3 },
  files: [
    { path: 'pats.xlsx', format: 'xlsx', rows: 1203 },
    { path: '-', format: 'html', rows: 1000 },
  ],
  requests: 1420,
  retries: 0,
  throttledMs: 0,
  durationMs: 12_300,
  failures: [],
}

function textOf(changes: Partial<SummaryParts> = {}): string {
  const parts: SummaryParts = {
    summary: complete,
    findings: { working: 940, fullScope: 12, allOrganizations: 30, overLongLife: 0, noExpiry: 3 },
    policyHits: [],
    policyAsked: false,
    expiringWithinDays: 30,
    program: ['patkit'],
    now: new Date('2026-06-01T08:30:00Z'),
    ...changes,
  }
  return summaryLines(parts)
    .map((line) => line.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join(''))
    .join('\n')
}

test('summaryLines() tells a complete report in a few lines', () => {
  expect(textOf()).toBe(
    [
      'fabrikam: complete, as of 2026-06-01 08:30 UTC',
      '  Users     1,400: 1,385 read, 15 skipped (they own no tokens)',
      '  Tokens    1,203: 900 active, 40 expiring within 30 days, 200 expired, 63 revoked',
      '  Look at   of the 940 tokens that still work',
      '            30 valid for all organizations: they stop working on 2026-12-01',
      '            12 with full access',
      '             3 without an end',
      '  Files     pats.xlsx, 1,203 rows',
      '            standard output, 1,000 of 1,203 rows',
      '  Took      12 s, 1,420 requests',
      '  Next      let a pipeline fail on these:',
      '            patkit report --org fabrikam --json --fail-on all-orgs,full-scope,no-expiry,expiring:14d',
    ].join('\n'),
  )
})

test('summaryLines() tells what can go on as it was started', () => {
  expect(textOf({ program: ['npx', 'patkit'] })).toContain(' npx patkit report --org fabrikam --json --fail-on ')
})

test('summaryLines() does not announce the end of all-organizations tokens once it has come', () => {
  expect(textOf({ now: new Date('2026-12-01T00:00:00Z') })).toContain(
    'valid for all organizations: no longer accepted since 2026-12-01',
  )
})

test('summaryLines() tells what sending again and throttling cost', () => {
  expect(textOf({ summary: { ...complete, retries: 3, throttledMs: 8_000 } })).toContain(
    'Took      12 s, 1,420 requests, 3 of them sent again, held back by the service for 8 s',
  )
})

const failures = Array.from({ length: 7 }, (_, index) => ({
  descriptor: `aad.${index}`,
  displayName: index === 0 ? null : `User ${index}`,
  reason: 'No whole answer arrived in time.',
  status: null,
  code: 'PATKIT_TIMEOUT',
}))
const incomplete: ReportSummary = {
  ...complete,
  complete: false,
  users: { listed: 1400, read: 1378, skipped: 15, failed: 7 },
  failures,
}

test('summaryLines() names the first users who could not be read, and where the others are', () => {
  const text = textOf({ summary: incomplete })
  expect(text).toContain('fabrikam: INCOMPLETE, as of')
  expect(text).toContain('15 skipped (they own no tokens), 7 could not be read')
  expect(text).toContain('\n  Not read  aad.0: No whole answer arrived in time. (PATKIT_TIMEOUT)\n')
  expect(text).toContain('User 4: ')
  expect(text).not.toContain('User 5: ')
  expect(text).toContain('and 2 more: the sheet "Not read" of pats.xlsx')
})

test('summaryLines() says where the other failures are without a workbook', () => {
  const files = [{ path: 'a.csv', format: 'csv' as const, rows: 0 }]
  expect(textOf({ summary: { ...incomplete, files } })).toContain('and 2 more: add an .xlsx or .html file, or --json')
  const page = [...files, { path: 'a.html', format: 'html' as const, rows: 0 }]
  expect(textOf({ summary: { ...incomplete, files: page } })).toContain('and 2 more: the end of a.html')
})

test('summaryLines() tells what --fail-on found, or that it found nothing', () => {
  expect(textOf({ policyAsked: true, policyHits: [{ rule: 'expiring:14d', tokens: 1200 }] })).toContain(
    'Policy    --fail-on found tokens: expiring:14d 1,200',
  )
  expect(textOf({ policyAsked: true })).toContain('no token is one of those --fail-on names')
})
