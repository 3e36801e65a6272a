import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../test/rfc4180.js'
import {
  collector,
  daysFromNow,
  hostileTexts,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  temporaryFolder,
} from '../test/samples.js'
import { writeReport, type ReportOptions } from './report.js'
import { fromCsvCell, neutralized, toCsvLines } from './write-csv.js'

async function csvOf(tokenNames: readonly (string | null)[], options: ReportOptions = {}): Promise<string> {
  const file = path.join(await temporaryFolder(), 'pats.csv')
  const tokens = tokenNames.map((displayName) => sampleToken({ displayName }))
  await writeReport(scanOf(read(tokens)), [file], { now, ...options })
  return readFile(file, 'utf8')
}

/** Encoding puts U+FFFD in the place of half a character. */
function encoded(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

const tokenColumn = 3

describe('writeReport() to CSV', () => {
  it('writes a byte order mark, the header and CRLF after every line', async () => {
    const text = await csvOf(['one'])
    expect(text.startsWith('\uFEFFOwner,Owner mail,')).toBe(true)
    expect(text.endsWith('\r\n')).toBe(true)
    expect(text.slice(1).split('\r\n')).toHaveLength(3)
  })

  it('leaves the byte order mark out when asked', async () => {
    expect((await csvOf([], { csv: { bom: false } })).startsWith('Owner,')).toBe(true)
  })

  it('writes times as ISO 8601 in UTC, flags as words, scopes apart by semicolons, and null as nothing', async () => {
    const file = path.join(await temporaryFolder(), 'pats.csv')
    const token = sampleToken({
      displayName: null,
      validFrom: new Date('2026-01-02T03:04:05.670Z'),
      validTo: daysFromNow(-2),
      targetAccounts: null,
    })
    await writeReport(scanOf(read([token])), [file], { now })
    const [, row] = readCsv((await readFile(file, 'utf8')).slice(1))
    expect(row).toEqual([
      'Ann Example',
      'ann@fabrikam.com',
      'member',
      '',
      'expired',
      'vso.code; vso.build_execute',
      'false',
      'true',
      '2026-01-02T03:04:05.670Z',
      '2026-11-18T12:00:00Z',
      '-2',
      '11111111-2222-4333-8444-555555555555',
    ])
  })

  it.each([',', ';', '\t'] as const)(
    'fault 51: gives every hostile name back as it was, apart by %j',
    async (delimiter) => {
      const text = await csvOf(hostileTexts, { csv: { raw: true, delimiter } })
      const names = readCsv(text.slice(1), { delimiter }).map((record) => record[tokenColumn])
      expect(names).toEqual(['Token', ...hostileTexts.map(encoded)])
    },
  )

  it('fault 51: gives every hostile name back, with an apostrophe before what a spreadsheet would run', async () => {
    const names = readCsv((await csvOf(hostileTexts)).slice(1)).map((record) => record[tokenColumn])
    expect(names.slice(1)).toEqual(hostileTexts.map((text) => encoded(neutralized(text))))
    for (const name of names) expect(name).not.toMatch(/^[\s\u200B\0]*[=+\-@＝＋－＠]/)
  })

  it('writes negative days as a number, not as a text with an apostrophe', async () => {
    const file = path.join(await temporaryFolder(), 'pats.csv')
    await writeReport(scanOf(read([sampleToken({ validTo: daysFromNow(-199) })])), [file], { now })
    expect(await readFile(file, 'utf8')).toContain(',-199,')
  })

  it("writes the sample's five columns with the service's own texts", async () => {
    const file = path.join(await temporaryFolder(), 'pats.csv')
    const token = sampleToken({ validFromText: '2026-01-02T03:04:05.1234567', validToText: '2027-01-02T00:00:00' })
    const scan = scanOf(read([token, sampleToken({ isValid: null })], sampleUser({ displayName: 'Zoë' })))
    await writeReport(scan, [file], { now, columns: 'sample' })
    const [header, row, unknown] = readCsv((await readFile(file, 'utf8')).slice(1))
    expect(header).toEqual(['DisplayName', 'Owner', 'isValid', 'validFrom', 'validTo'])
    expect(row).toEqual(['build agent', 'Zoë', 'true', '2026-01-02T03:04:05.1234567', '2027-01-02T00:00:00'])
    expect(unknown?.[2]).toBe('')
  })

  it('gives any name back, however it is made', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ';', '=', ' ', "'", 'é', '🚀', 'a') })),
        async (names) => {
          const { stream, bytes } = collector()
          const tokens = names.map((displayName) => sampleToken({ displayName }))
          await writeReport(scanOf(read(tokens)), [{ stream, format: 'csv' }], { now, csv: { bom: false, raw: true } })
          const records = readCsv(bytes().toString('utf8'))
          expect(records.slice(1).map((record) => record[tokenColumn])).toEqual(names)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('gives every text of a row back in its own cell, whatever is in all of them, apart by any delimiter', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom('"', ',', ';', '\t', '\r', '\n', '=', ' ', "'", '\0', '\ufeff', '\ud83d', '\u2028'),
      }),
    )
    const rows = fc.array(fc.record({ owner: text, token: text, id: text }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(',', ';', '\t' as const), fc.boolean(), async (given, delimiter, raw) => {
        const { stream, bytes } = collector()
        const outcomes = given.map(({ owner, token, id }) =>
          read([sampleToken({ displayName: token, authorizationId: id })], sampleUser({ displayName: owner })),
        )
        await writeReport(scanOf(...outcomes), [{ stream, format: 'csv' }], {
          now,
          csv: { bom: false, raw, delimiter },
        })
        const [header = [], ...records] = readCsv(bytes().toString('utf8'), { delimiter })
        const shown = (value: string): string => encoded(raw ? value : neutralized(value))
        const named = (owner: string): string => (owner.trim() === '' ? 'ann@fabrikam.com' : owner)
        expect(records.map((record) => record.length)).toEqual(given.map(() => header.length))
        expect(records.map((record) => [record[0], record[tokenColumn], record[header.length - 1]])).toEqual(
          given.map(({ owner, token, id }) => [shown(named(owner)), shown(token), shown(id)]),
        )
      }),
      { seed: 20_261_126, numRuns: 80 },
    )
  })

  it('refuses a delimiter that would give another format', async () => {
    const wrong = { csv: { delimiter: '"' } } as unknown as ReportOptions
    await expect(writeReport(scanOf(), [], wrong)).rejects.toThrow(`csv.delimiter must be ',', ';' or a tab, not "\\""`)
  })
})

describe('neutralized()', () => {
  it.each([
    '=1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    '\n=1',
    '\0=1',
    ' =1',
    '\u00A0=1',
    '\u200B=1',
    '\uFEFF=1',
    '＝1',
    ' ＋1',
    "'=1",
  ])('puts an apostrophe before %j', (text) => {
    expect(neutralized(text)).toBe(`'${text}`)
  })

  it.each(['', 'a=1', '1-1', 'ann@fabrikam.com', "'quoted'", '(=1)', 'é'])('leaves %j as it is', (text) => {
    expect(neutralized(text)).toBe(text)
  })
})

describe('toCsvLines()', () => {
  it('writes cells of every kind as the reports do', () => {
    const rows = [['=1+1', ' @x', 'a,b', null, 3, true, new Date('2026-01-02T03:04:05Z')], ['two\nlines']]
    expect(toCsvLines(rows)).toBe(`'=1+1,' @x,"a,b",,3,true,2026-01-02T03:04:05Z\r\n"two\nlines"\r\n`)
    expect(toCsvLines([])).toBe('')
  })

  it('keeps formulas, and parts cells otherwise, when asked', () => {
    expect(toCsvLines([['=1', 'a;b']], { raw: true, delimiter: ';' })).toBe('=1;"a;b"\r\n')
    expect(() => toCsvLines([], { delimiter: '|' as ',' })).toThrow(TypeError)
  })
})

describe('fromCsvCell()', () => {
  it('gives back the text of any cell', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => fromCsvCell(neutralized(text)) === text))
    fc.assert(fc.property(fc.constantFrom(...hostileTexts), (text) => fromCsvCell(neutralized(text)) === text))
  })

  it.each([
    ["'=1+1", '=1+1'],
    ["''=1+1", "'=1+1"],
    ["'tis", "'tis"],
    ["'", "'"],
    ['', ''],
  ])('makes %j the text %j', (cell, text) => {
    expect(fromCsvCell(cell)).toBe(text)
  })
})
