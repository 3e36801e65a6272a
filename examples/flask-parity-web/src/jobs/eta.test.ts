import type { ScanProgress } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { toEta } from './eta.js'

const now = Date.parse('2026-03-02T09:00:00Z')

function scan(change: Partial<ScanProgress>): ScanProgress {
  return {
    listed: 100,
    done: 0,
    total: 100,
    tokens: 0,
    failures: 0,
    recalled: 0,
    concurrency: 8,
    waitingUntil: undefined,
    requests: 0,
    retries: 0,
    throttledMs: 0,
    ...change,
  }
}

describe('toEta()', () => {
  test('takes the users that are left to be as slow as those that were read', () => {
    expect(toEta(scan({ done: 25 }), 5_000, now)).toBe(15)
    expect(toEta(scan({ done: 100 }), 5_000, now)).toBe(0)
  })

  test('leaves out pauses that are over, and adds one that is under way', () => {
    expect(toEta(scan({ done: 25, throttledMs: 4_000 }), 9_000, now)).toBe(15)
    const waitingUntil = new Date(now + 30_000)
    expect(toEta(scan({ done: 25, throttledMs: 4_000, waitingUntil }), 9_000, now)).toBe(45)
  })

  test('leaves out users whom an earlier run had read', () => {
    expect(toEta(scan({ done: 60, recalled: 50 }), 5_000, now)).toBe(20)
  })

  test('says nothing before everybody is listed, or a few were read', () => {
    expect(toEta(undefined, 5_000, now)).toBeNull()
    expect(toEta(scan({ done: 50, total: undefined }), 5_000, now)).toBeNull()
    expect(toEta(scan({ done: 4 }), 5_000, now)).toBeNull()
    expect(toEta(scan({ done: 54, recalled: 50 }), 5_000, now)).toBeNull()
  })
})
