import { expect, test } from 'vitest'
import { exitCodeOfReport } from './exit-codes.js'

test('exitCodeOfReport() is 0 only for a complete report without a policy hit', () => {
  expect(exitCodeOfReport({ complete: true, policyHits: 0 })).toBe(0)
  expect(exitCodeOfReport({ complete: false, policyHits: 0 })).toBe(5)
  expect(exitCodeOfReport({ complete: true, policyHits: 1 })).toBe(3)
})

test('exitCodeOfReport() lets a policy hit win over incompleteness, because it stays true', () => {
  expect(exitCodeOfReport({ complete: false, policyHits: 2 })).toBe(3)
})
