import { describe, expect, it } from 'vitest'
import { faultNumbersIn, faultsOfTheCatalogue } from './fault-table.js'

describe('faultNumbersIn', () => {
  it('finds the numbers in names of tests, one or several', () => {
    const text = `it('fault 5: x', …)\n])("faults 4, 12: %s", …)\ntest(\`fault 21, R8: y\`, …)\n// fault 99: a comment`
    expect(faultNumbersIn(text)).toEqual([5, 4, 12, 21])
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
