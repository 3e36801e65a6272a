import type { GraphUser, ScanProgress, SessionToken } from '@patkit/core'

/** A user, with what the test changes. */
export function aUser(changes: Partial<GraphUser> = {}): GraphUser {
  return {
    descriptor: 'aad.QWRhTG92ZWxhY2U',
    displayName: 'Ada Lovelace',
    principalName: 'ada@fabrikam.example',
    mailAddress: 'ada@fabrikam.example',
    origin: 'aad',
    originId: '5f1c3c1e-3a0f-4d8e-9a53-1f2f7f3b8c11',
    domain: 'fabrikam.example',
    subjectKind: 'user',
    metaType: 'member',
    directoryAlias: 'ada',
    isDeletedInOrigin: false,
    ...changes,
  }
}

/** A token that is good until 2026-09-01, with what the test changes. */
export function aToken(changes: Partial<SessionToken> = {}): SessionToken {
  return {
    authorizationId: '0c7f6b7e-0e5b-4b65-8f5c-6a0f3a1c9d22',
    displayName: 'ci',
    scope: 'vso.code',
    targetAccounts: ['3bd1d7a3-7f5c-4f64-9a0b-0d3a5f0c8e77'],
    validFrom: new Date('2026-05-01T00:00:00Z'),
    validFromText: '2026-05-01T00:00:00',
    validTo: new Date('2026-09-01T00:00:00Z'),
    validToText: '2026-09-01T00:00:00',
    isValid: true,
    isPublic: false,
    userId: null,
    clientId: null,
    hostAuthorizationId: null,
    source: null,
    ...changes,
  }
}

/** The progress of a scan, with what the test changes. */
export function aProgress(changes: Partial<ScanProgress> = {}): ScanProgress {
  return {
    listed: 0,
    done: 0,
    total: undefined,
    tokens: 0,
    failures: 0,
    recalled: 0,
    concurrency: 8,
    waitingUntil: undefined,
    requests: 0,
    retries: 0,
    throttledMs: 0,
    ...changes,
  }
}
