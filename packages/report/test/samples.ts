import type {
  FailedOutcome,
  GraphUser,
  PatkitError,
  ReadOutcome,
  ScanOutcome,
  SessionToken,
  SkippedOutcome,
} from '@patkit/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { onTestFinished } from 'vitest'

/** The time that counts as now in every test. */
export const now = new Date('2026-11-20T12:00:00Z')

export const dayMs = 86_400_000

export function daysFromNow(days: number): Date {
  return new Date(now.getTime() + days * dayMs)
}

export function sampleUser(fields: Partial<GraphUser> = {}): GraphUser {
  return {
    descriptor: 'aad.QW5u',
    displayName: 'Ann Example',
    principalName: 'ann@fabrikam.com',
    mailAddress: 'ann@fabrikam.com',
    origin: 'aad',
    originId: '5f3c',
    domain: 'fabrikam',
    subjectKind: 'user',
    metaType: 'member',
    directoryAlias: 'ann',
    isDeletedInOrigin: false,
    ...fields,
  }
}

/** A token that works for 90 more days; its texts follow its dates unless they are given. */
export function sampleToken(fields: Partial<SessionToken> = {}): SessionToken {
  const validFrom = fields.validFrom === undefined ? daysFromNow(-10) : fields.validFrom
  const validTo = fields.validTo === undefined ? daysFromNow(90) : fields.validTo
  return {
    authorizationId: '11111111-2222-4333-8444-555555555555',
    displayName: 'build agent',
    scope: 'vso.code vso.build_execute',
    targetAccounts: ['99999999-2222-4333-8444-555555555555'],
    validFrom,
    validFromText: validFrom === null ? null : serviceText(validFrom),
    validTo,
    validToText: validTo === null ? null : serviceText(validTo),
    isValid: true,
    isPublic: false,
    userId: null,
    clientId: null,
    hostAuthorizationId: null,
    source: null,
    ...fields,
  }
}

/** A time as tokenadmin writes it: seven digits and no zone. */
function serviceText(date: Date): string {
  return Number.isNaN(date.getTime()) ? 'not a time' : date.toISOString().replace('Z', '0000')
}

export function read(tokens: readonly SessionToken[], user: GraphUser = sampleUser()): ReadOutcome {
  return { status: 'read', user, tokens }
}

export function skipped(user: GraphUser, reason = 'service identity'): SkippedOutcome {
  return { status: 'skipped', user, reason }
}

/** A user who could not be read. The error is a plain object: this package knows core's errors by their types only. */
export function failed(user: GraphUser, reason: string, error: { code: string; status?: number }): FailedOutcome {
  return { status: 'failed', user, reason, error: error as unknown as PatkitError }
}

export async function* scanOf(...outcomes: readonly ScanOutcome[]): AsyncGenerator<ScanOutcome, void, undefined> {
  for (const outcome of outcomes) {
    await Promise.resolve()
    yield outcome
  }
}

/** Tokens of as many users as needed, 50 each. */
export async function* manyTokens(count: number): AsyncGenerator<ScanOutcome, void, undefined> {
  const each = 50
  for (let first = 0; first < count; first += each) {
    const number = Math.min(each, count - first)
    const tokens = Array.from({ length: number }, (_, index) => sampleToken({ displayName: `token ${first + index}` }))
    await Promise.resolve()
    yield read(tokens, sampleUser({ descriptor: `aad.${first}`, displayName: `Person ${first}` }))
  }
}

/** A stream that keeps what it is given. */
export function collector(): { readonly stream: Writable; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = []
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk)
      done()
    },
  })
  return { stream, bytes: () => Buffer.concat(chunks) }
}

/** A folder that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-report-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Names as people, bots and attackers give them. Every format must give each back, or what it promises to make of it.
 */
export const hostileTexts: readonly string[] = [
  'plain',
  'Zoë Ångström 山田太郎 🚀👩‍👩‍👧 עברית العربية',
  ' leading and trailing ',
  '\ttab first',
  '\nline feed first',
  '\r\nboth first',
  'one\ntwo\r\nthree\rfour',
  'ends with newline\n',
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://127.0.0.1/?"&A1,"click")',
  ' =1+1',
  '\u00A0=1+1',
  '\u200B=1+1',
  '＝1+1',
  '＋1',
  '－1',
  '＠x',
  "'quoted",
  "'=1",
  '"',
  '""',
  'a "quoted" word',
  'comma, semicolon; tab\tpipe|',
  '</script><img src=x onerror=alert(1)>',
  '<b>&amp;</b> & < > \' "',
  ']]>',
  '<!-- -->',
  '_x0041_',
  '_x0041_x0042_',
  '_x005F_x0041_',
  '_X0041_ _x41_ _xZZZZ_',
  'user\u202Egnp.exe',
  '\u2066isolate\u2069',
  'nul\u0000byte',
  'vertical\u000Btab and \u001B escape',
  'noncharacters \uFFFE\uFFFF end',
  'lone high \uD83D end',
  'lone low \uDE80 end',
  '\uDE80\uD83D',
  'delete \u007F and next line \u0085',
  '1',
  '0012',
  '1e5',
  'TRUE',
  '2026-11-20',
  '1/2',
  '{"formula":"1+1"}',
  'x'.repeat(10_000),
]
