import ExcelJS from 'exceljs'
import fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ScanOutcome, SessionToken } from '@patkit/core'
import {
  daysFromNow,
  failed,
  hostileTexts,
  manyTokens,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  skipped,
  temporaryFolder,
} from '../test/samples.js'
import { unzip } from '../test/unzip.js'
import { cutToCell, showBidi, xmlText } from './cell.js'
import { writeReportWith, type ReportOptions } from './report.js'
import type { ExcelSettings } from './write-excel.js'

interface Written {
  readonly book: ExcelJS.Workbook
  readonly parts: Map<string, string>
}

async function workbookOf(
  scan: AsyncIterable<ScanOutcome>,
  options: ReportOptions = {},
  settings: ExcelSettings = {},
): Promise<Written> {
  const file = path.join(await temporaryFolder(), 'pats.xlsx')
  await writeReportWith(scan, [file], { now, organization: 'fabrikam', ...options }, settings)
  const book = new ExcelJS.Workbook()
  await book.xlsx.readFile(file)
  return { book, parts: unzip(await readFile(file)) }
}

function sheetOf({ book }: Written, name: string): ExcelJS.Worksheet {
  const sheet = book.getWorksheet(name)
  if (sheet === undefined) throw new Error(`there is no sheet ${name}`)
  return sheet
}

function partOf({ parts }: Written, name: string): string {
  const part = parts.get(name)
  if (part === undefined) throw new Error(`there is no ${name} among ${[...parts.keys()].join(', ')}`)
  return part
}

function cellsOf(sheet: ExcelJS.Worksheet, row: number): ExcelJS.CellValue[] {
  const width = sheet.getRow(1).cellCount
  return Array.from({ length: width }, (_, index) => sheet.getRow(row).getCell(index + 1).value)
}

/** exceljs does not decode ST_Xstring in inline texts, as spreadsheets do. */
function decoded(value: ExcelJS.CellValue): unknown {
  return typeof value === 'string'
    ? value.replace(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
    : value
}

function textsOf(sheet: ExcelJS.Worksheet): string {
  const lines: string[] = []
  sheet.eachRow((row) => {
    const texts: string[] = []
    row.eachCell((cell) => texts.push(cell.text))
    lines.push(texts.join(' | '))
  })
  return lines.join('\n')
}

describe('writeReport() to Excel', () => {
  it('writes the sheets Tokens, Summary and Not read, and opens on Summary', async () => {
    const written = await workbookOf(scanOf(read([sampleToken()])))
    expect(written.book.worksheets.map((sheet) => sheet.name)).toEqual(['Tokens', 'Summary', 'Not read'])
    expect(partOf(written, 'xl/workbook.xml')).toContain('activeTab="1"')
  })

  it('writes typed cells: texts, flags, days, and times as dates', async () => {
    const token = sampleToken({ validTo: daysFromNow(12.5), targetAccounts: null })
    const written = await workbookOf(scanOf(read([token])))
    expect(cellsOf(sheetOf(written, 'Tokens'), 2)).toEqual([
      'Ann Example',
      'ann@fabrikam.com',
      'member',
      'build agent',
      'expiring',
      'vso.code; vso.build_execute',
      false,
      true,
      daysFromNow(-10),
      daysFromNow(12.5),
      12,
      '11111111-2222-4333-8444-555555555555',
    ])
  })

  it('leaves the cell of an unknown value empty', async () => {
    const token = sampleToken({ displayName: null, scope: null, validFrom: null, validTo: null })
    const row = cellsOf(sheetOf(await workbookOf(scanOf(read([token]))), 'Tokens'), 2)
    expect([row[3], row[5], row[8], row[9], row[10]]).toEqual([null, null, null, null, null])
  })

  it('writes a frozen, bold header with a filter, printed on every page, over fixed widths', async () => {
    const written = await workbookOf(manyTokens(3))
    const sheet = sheetOf(written, 'Tokens')
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 })
    expect(sheet.getRow(1).getCell(1).font).toMatchObject({ bold: true, name: 'Calibri', size: 11 })
    expect(sheet.autoFilter).toBe('A1:L4')
    expect(sheet.getColumn(1).width).toBe(26)
    expect(partOf(written, 'xl/workbook.xml')).toContain('&apos;Tokens&apos;!$1:$1')
    expect(sheet.pageSetup).toMatchObject({ orientation: 'landscape', fitToWidth: 1, fitToHeight: 0 })
  })

  it('colours by the status computed for the report, not by the day on which the workbook is opened', async () => {
    const sheet = partOf(await workbookOf(manyTokens(3)), 'xl/worksheets/sheet1.xml')
    const formulas = [...sheet.matchAll(/<formula>(.*?)<\/formula>/g)].map((match) => match[1])
    expect(formulas).toContain('$E2=&quot;expired&quot;')
    expect(formulas).toContain('$E2=&quot;expiring&quot;')
    expect(formulas).toContain('$G2=TRUE')
    expect(formulas.join()).not.toMatch(/TODAY|NOW/)
    expect(sheet).toContain('sqref="J2:K4"')
  })

  it('puts the elements of a sheet in the order that Excel opens without repair', async () => {
    const written = await workbookOf(manyTokens(3))
    const order =
      'sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetProtection autoFilter mergeCells conditionalFormatting dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter'.split(
        ' ',
      )
    for (const name of ['sheet1', 'sheet2', 'sheet3']) {
      const sheet = partOf(written, `xl/worksheets/${name}.xml`).replace(/<sheetData>.*<\/sheetData>/s, '<sheetData/>')
      const found = order.filter((element) => new RegExp(`<${element}[ />]`).test(sheet))
      const places = found.map((element) => sheet.search(new RegExp(`<${element}[ />]`)))
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      expect(sheet).not.toContain('<hyperlinks>')
    }
  })

  it('shares a handful of styles among all cells', async () => {
    const styles = async (tokens: number): Promise<string | undefined> =>
      /<cellXfs count="(\d+)"/.exec(partOf(await workbookOf(manyTokens(tokens)), 'xl/styles.xml'))?.[1]
    const few = await styles(1)
    expect(Number(few)).toBeLessThan(30)
    expect(await styles(500)).toBe(few)
  })

  it('fault 62: turns over to further sheets when one is full, each with its header and filter', async () => {
    const written = await workbookOf(manyTokens(25), {}, { rowsPerSheet: 11 })
    expect(written.book.worksheets.map((sheet) => [sheet.name, sheet.rowCount])).toEqual([
      ['Tokens', 11],
      ['Tokens (2)', 11],
      ['Tokens (3)', 6],
      ['Summary', expect.any(Number)],
      ['Not read', 1],
    ])
    expect(partOf(written, 'xl/workbook.xml')).toContain('activeTab="3"')
    const names = ['Tokens', 'Tokens (2)', 'Tokens (3)'].flatMap((name) => {
      const sheet = sheetOf(written, name)
      expect(cellsOf(sheet, 1)[0]).toBe('Owner')
      expect(sheet.autoFilter).toBe(`A1:L${sheet.rowCount}`)
      return Array.from({ length: sheet.rowCount - 1 }, (_, index) => cellsOf(sheet, index + 2)[3])
    })
    expect(names).toEqual(Array.from({ length: 25 }, (_, index) => `token ${index}`))
  })

  it('fault 51: gives every hostile name back, as text', async () => {
    const tokens = hostileTexts.map((displayName) => sampleToken({ displayName }))
    const sheet = sheetOf(await workbookOf(scanOf(read(tokens))), 'Tokens')
    hostileTexts.forEach((text, index) => {
      const cell = sheet.getRow(index + 2).getCell(4)
      expect(cell.formula).toBeUndefined()
      expect(decoded(cell.value)).toBe(xmlText(showBidi(text)))
    })
  })

  it('gives any name back that XML can hold', async () => {
    const names = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(names, async (texts) => {
        const tokens = texts.map((displayName) => sampleToken({ displayName }))
        const sheet = sheetOf(await workbookOf(scanOf(read(tokens))), 'Tokens')
        texts.forEach((text, index) => {
          const expected = xmlText(showBidi(text))
          expect(decoded(sheet.getRow(index + 2).getCell(4).value) ?? '').toBe(expected)
        })
      }),
      { numRuns: 25 },
    )
  })

  it('gives every cell of a row back as the type that it is, whatever is in it', async () => {
    const row = fc.record({
      owner: fc.string({ unit: 'binary', minLength: 1 }).filter((text) => xmlText(showBidi(text)).trim() !== ''),
      formula: fc.constantFrom('=', '+', '-', '@', '=HYPERLINK("http://x","y")', '=cmd|', "'", '\t='),
      rest: fc.string({ unit: 'binary' }),
      everywhere: fc.boolean(),
      full: fc.boolean(),
      from: fc.date({ min: new Date('1900-03-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      days: fc.integer({ min: -3000, max: 3000 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 12 }), async (rows) => {
        const outcomes = rows.map(({ owner, formula, rest, everywhere, full, from, days }) => {
          const token = sampleToken({
            displayName: formula + rest,
            scope: full ? 'app_token' : 'vso.code',
            targetAccounts: everywhere ? null : ['one'],
            validFrom: from,
            validTo: daysFromNow(days),
          })
          return read([token], sampleUser({ displayName: owner }))
        })
        const sheet = sheetOf(await workbookOf(scanOf(...outcomes)), 'Tokens')
        rows.forEach(({ owner, formula, rest, everywhere, full, from, days }, index) => {
          const cells = cellsOf(sheet, index + 2)
          expect(sheet.getRow(index + 2).getCell(4).formula).toBeUndefined()
          expect(decoded(cells[0] ?? null)).toBe(xmlText(showBidi(owner)))
          expect(decoded(cells[3] ?? null)).toBe(xmlText(showBidi(formula + rest)))
          expect([cells[6], cells[7], cells[9], cells[10]]).toEqual([full, everywhere, daysFromNow(days), days])
          // Times are rounded to seconds.
          expect(Math.abs((cells[8] as Date).getTime() - from.getTime())).toBeLessThanOrEqual(501)
        })
      }),
      { seed: 20_261_126, numRuns: 25 },
    )
  })

  it('fault 62: cuts what Excel would call damaged, and says so', async () => {
    const tokens = ['x'.repeat(40_000), '&'.repeat(32_767), '🚀'.repeat(20_000)].map((displayName) =>
      sampleToken({ displayName }),
    )
    const sheet = sheetOf(await workbookOf(scanOf(read(tokens))), 'Tokens')
    const [long, entities, rockets] = [2, 3, 4].map((row) => sheet.getRow(row).getCell(4).text)
    expect(long).toBe(cutToCell('x'.repeat(40_000)))
    expect(long).toHaveLength(32_767)
    expect(entities).toBe('&'.repeat(32_767))
    expect(rockets).toMatch(/🚀… \[cut\]$/u)
  })

  it('writes a date that Excel cannot hold as text, and rounds the others to seconds', async () => {
    const tokens = [
      sampleToken({ validFrom: new Date('0001-01-01T00:00:00Z') }),
      sampleToken({ validFrom: new Date('2026-01-02T23:59:59.999Z') }),
    ]
    const written = await workbookOf(scanOf(read(tokens)))
    const sheet = sheetOf(written, 'Tokens')
    expect(sheet.getRow(2).getCell(9).value).toBe('0001-01-01T00:00:00Z')
    expect(sheet.getRow(3).getCell(9).value).toEqual(new Date('2026-01-03T00:00:00Z'))
  })

  it('keeps the date of a token without end, and shows it as never', async () => {
    const written = await workbookOf(scanOf(read([sampleToken({ validTo: new Date('9999-12-31T00:00:00Z') })])))
    const cell = sheetOf(written, 'Tokens').getRow(2).getCell(10)
    expect(cell.value).toEqual(new Date('9999-12-31T00:00:00Z'))
    // Some readers take a cell for a date by the first section of its format alone.
    expect(cell.numFmt).toBe('[<2958465]yyyy-mm-dd hh:mm:ss;"never"')
  })

  it('makes no formula of an object that the service sends in the place of a text', async () => {
    const odd = { ...sampleToken(), displayName: { formula: '1+1', result: 2 } } as unknown as SessionToken
    const written = await workbookOf(scanOf(read([odd])))
    expect(partOf(written, 'xl/worksheets/sheet1.xml')).not.toContain('<f>')
    expect(sheetOf(written, 'Tokens').getRow(2).getCell(4).value).toBe('{"formula":"1+1","result":2}')
  })

  it("writes the sample's five columns: a boolean, and dates as the service's text", async () => {
    const token = sampleToken({ isValid: false, validToText: '2027-02-18T12:00:00.1234567' })
    const written = await workbookOf(scanOf(read([token])), { columns: 'sample' })
    const sheet = sheetOf(written, 'Tokens')
    expect(cellsOf(sheet, 1)).toEqual(['DisplayName', 'Owner', 'isValid', 'validFrom', 'validTo'])
    expect(cellsOf(sheet, 2)).toEqual([
      'build agent',
      'Ann Example',
      false,
      '2026-11-10T12:00:00.0000000',
      '2027-02-18T12:00:00.1234567',
    ])
  })

  it('names title, organization and time in the properties of the file', async () => {
    const { book } = await workbookOf(scanOf(), { title: 'Odd \uFFFE title \uD800' })
    expect(book.title).toBe('Odd  title \uFFFD')
    expect(book.subject).toBe('fabrikam')
    expect(book.created).toEqual(now)
  })
})

describe('the sheet Summary', () => {
  it('says in plain words that the report is whole, and counts', async () => {
    const tokens = [
      sampleToken(),
      sampleToken({ scope: 'app_token', targetAccounts: null, validTo: daysFromNow(5) }),
      sampleToken({ validTo: daysFromNow(-5) }),
      sampleToken({ isValid: false }),
    ]
    const text = textsOf(sheetOf(await workbookOf(scanOf(read(tokens))), 'Summary'))
    expect(text).toContain('Personal access tokens of fabrikam')
    expect(text).toContain('Complete: 1 user was read.')
    expect(text).toContain('All | 4')
    expect(text).toContain('Active | 1')
    expect(text).toContain('Expiring within 30 days | 1')
    expect(text).toContain('Expired | 1')
    expect(text).toContain('Revoked | 1')
    expect(text).toContain('Full access (app_token) | 1 | 1')
    expect(text).toContain('Up to 7 days | 1')
    expect(text).toContain('Ann Example | 2 | 1 | ann@fabrikam.com')
    expect(text).toContain('Last use is not listed, because Azure DevOps does not record when a token was used.')
  })

  it('says how many users are missing from an incomplete report', async () => {
    const scan = scanOf(
      read([sampleToken()]),
      failed(sampleUser(), 'HTTP 503', { code: 'PATKIT_SERVICE', status: 503 }),
    )
    const text = textsOf(sheetOf(await workbookOf(scan), 'Summary'))
    expect(text).toContain('Incomplete: the tokens of 1 of 2 users could not be read; 1 user was read.')
    expect(text).toContain('Could not be read | 1')
  })

  it('tells of tokens for all organizations by the day on which they stop working', async () => {
    const scan = (): AsyncIterable<ScanOutcome> => scanOf(read([sampleToken({ targetAccounts: null })]))
    const before = textsOf(sheetOf(await workbookOf(scan()), 'Summary'))
    expect(before).toContain('Azure DevOps stops accepting such tokens on 2026-12-01')
    const after = textsOf(sheetOf(await workbookOf(scan(), { now: new Date('2026-12-01T00:00:00Z') }), 'Summary'))
    expect(after).toContain('Azure DevOps has accepted no such tokens since 2026-12-01')
  })

  it('says which tokens are listed, when not all are', async () => {
    const written = await workbookOf(scanOf(read([sampleToken(), sampleToken({ isValid: false })])), {
      status: 'active',
    })
    expect(sheetOf(written, 'Tokens').rowCount).toBe(2)
    const text = textsOf(sheetOf(written, 'Summary'))
    expect(text).toContain('All | 2')
    expect(text).toContain('Only tokens that still work are listed one by one; the totals count every token.')
  })
})

describe('the sheet Not read', () => {
  it('names every user who could not be read, with the reason, and those who were skipped', async () => {
    const scan = scanOf(
      skipped(sampleUser({ displayName: 'Build\u0000 Service', descriptor: 'svc.1' })),
      failed(sampleUser({ displayName: '=Zoë', descriptor: 'aad.2' }), 'No whole answer within 30 s.', {
        code: 'PATKIT_TIMEOUT',
      }),
      failed(sampleUser({ displayName: null, descriptor: 'aad.3' }), 'HTTP 503', {
        code: 'PATKIT_SERVICE',
        status: 503,
      }),
    )
    const sheet = sheetOf(await workbookOf(scan), 'Not read')
    expect(sheet.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 })
    expect([2, 3, 4].map((row) => cellsOf(sheet, row))).toEqual([
      ['=Zoë', 'failed', 'No whole answer within 30 s.', null, 'PATKIT_TIMEOUT', 'aad.2'],
      [null, 'failed', 'HTTP 503', 503, 'PATKIT_SERVICE', 'aad.3'],
      ['Build Service', 'skipped', 'service identity', null, null, 'svc.1'],
    ])
  })
})
