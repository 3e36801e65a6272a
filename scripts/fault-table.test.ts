import { describe, expect, it } from 'vitest'
import { faultNumbersIn, faultsOfTheCatalogue } from './fault-table.js'

describe('faultNumbersIn', () => {
  it('finds the numbers in names of tests, one or several', () => {
    const text = `
      it('fault 5: x', () => {})
      test.each([1])("faults 4, 12: %s", { timeout: 1 }, () => {})
      describe.each(all)('all', () => { test.skipIf(x).each([1])(\`fault 21, R8: y\`, () => {}) })
      // it('fault 99: a comment')`
    expect(faultNumbersIn(text)).toEqual([5, 4, 12, 21])
  })

  it('takes nothing for a proof that is not run as a test', () => {
    const text = `
      describe('fault 1: a group', () => {
        it.skip('fault 2: x', () => {})
        test.todo('fault 3: y')
        it('says fault 4: z', () => expect('fault 5: w'))
      })`
    expect(faultNumbersIn(text)).toEqual([])
  })
})

describe('faultsOfTheCatalogue', () => {
  const fault = { fault: 'x', outcome: 'y' }

  it('wants a test or a reason for each, not both, and knows every number', () => {
    const catalogue = [
      { ...fault, number: 1 },
      { ...fault, number: 2 },
      { ...fault, number: 3, untested: 'because' },
      { ...fault, number: 4, untested: 'because' },
    ]
    const tests = new Map([
      [1, ['a.test.ts']],
      [4, ['a.test.ts']],
      [9, ['b.test.ts']],
    ])
    expect(faultsOfTheCatalogue(catalogue, tests)).toEqual([
      'fault 2 has neither a test nor a reason why not',
      'fault 4 has a test, and a reason why it has none',
      'b.test.ts: fault 9 is not in the catalogue',
    ])
  })
})
