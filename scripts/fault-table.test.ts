import { describe, expect, it } from 'vitest'
import { complaintsAbout, faultsIn, tablesOf, titlesOf, withTables } from './fault-table.js'

const sections = [
  { title: 'Network', faults: { 1: { fault: 'no | name', outcome: 'Tried again.' } } },
  { title: 'Pages', faults: { 2: { fault: 'sleep', untested: 'There are no pages.' } } },
]

describe('titlesOf', () => {
  it('finds tests however they are called, and leaves out groups and what is not run', () => {
    const text = `
      describe('fault 1', () => {
        it('fault 2', () => {})
        it.each([1])('fault 3, %i', { timeout: 1 }, () => {})
        test.skipIf(x).each\`a\`('fault 4', () => {})
        test.skip('fault 5', () => {})
        it.todo('fault 6')
        expect('fault 7')
      })`
    expect(titlesOf(text)).toEqual(['fault 2', 'fault 3, %i', 'fault 4'])
  })
})

describe('faultsIn', () => {
  it.each([
    ['fault 19, R6: holds everyone', [19]],
    ['faults 5, 6, 27, R1: is read again after %s', [5, 6, 27]],
    ['patkit report ends with 4', []],
    ['R8: costs 35 retries by default 5', []],
  ])('reads %j as %j', (title, numbers) => {
    expect(faultsIn(title)).toEqual(numbers)
  })
})

describe('complaintsAbout', () => {
  it('has nothing to say when every fault has a test or a reason', () => {
    expect(complaintsAbout(sections, new Map([[1, ['a.test.ts']]]))).toEqual([])
  })

  it('names faults without either, with both, and tests of faults that nobody knows', () => {
    const tests = new Map([
      [2, ['a.test.ts']],
      [9, ['b.test.ts']],
    ])
    expect(complaintsAbout(sections, tests)).toEqual([
      'Fault 9 of b.test.ts is not in the catalogue.',
      'Fault 1 has neither a test nor a reason to have none.',
      'Fault 2 has a test and a reason to have none.',
    ])
  })
})

describe('tablesOf', () => {
  it('gives a row per fault, with its tests or the reason why there is none', () => {
    const tables = tablesOf(sections, new Map([[1, ['packages/core/test/faults/a.test.ts']]]), (file) => `../${file}`)
    expect(tables).toContain('| 1 | no \\| name | Tried again. | [core a](../packages/core/test/faults/a.test.ts) |')
    expect(tables).toContain('| 2 | sleep | Not tested: There are no pages. | – |')
  })
})

describe('withTables', () => {
  const marks = [
    '<!-- The tables up to the end mark are made by `npm run docs:faults`. -->',
    '<!-- End of the tables. -->',
  ]

  it('replaces what is between the marks, and nothing else', () => {
    const document = `before\n${marks.join('old')}\nafter`
    expect(withTables(document, 'new')).toBe(`before\n${marks.join('\n\nnew\n\n')}\nafter`)
  })

  it('says when a mark is gone', () => {
    expect(() => withTables('text', 'new')).toThrow('has lost its mark')
  })
})
