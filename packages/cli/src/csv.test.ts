import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readCsv, toCsvLine } from './csv.js'

async function read(...chunks: string[]): Promise<(readonly string[])[]> {
  const records: (readonly string[])[] = []
  for await (const { cells } of readCsv(toStream(chunks))) records.push(cells)
  return records
}

async function* toStream(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) yield await Promise.resolve(chunk)
}

test('readCsv() reads quotes, line breaks inside them, a byte order mark and both line ends', async () => {
  expect(await read('\ufeffName,Note\r\n"Ada ""Ace""","two\r\nlines"\nBen,\n')).toEqual([
    ['Name', 'Note'],
    ['Ada "Ace"', 'two\r\nlines'],
    ['Ben', ''],
  ])
})

test('readCsv() leaves out empty lines and needs no line end at the end', async () => {
  expect(await read('a,b\n\n\r\n1,2')).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ])
  expect(await read('')).toEqual([])
  expect(await read('only')).toEqual([['only']])
  expect(await read('a\n""\n')).toEqual([['a'], ['']])
})

test('readCsv() finds the delimiter in the header, as spreadsheets of many countries write a semicolon', async () => {
  expect(await read('a;b\n1,5;2')).toEqual([
    ['a', 'b'],
    ['1,5', '2'],
  ])
  expect(await read('a\tb\n1\t2')).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ])
})

test('readCsv() tells the line of what is no CSV', async () => {
  await expect(read('a,b\n"x"y,2\n')).rejects.toMatchObject({
    line: 2,
    message: 'there is text behind a closing quote',
  })
  await expect(read('a,b\n1,2\n"x,2\n\n')).rejects.toMatchObject({ line: 3, message: 'a quote is never closed' })
  await expect(read('a,b\n"', 'x'.repeat(1_000_001))).rejects.toThrow('a record is too long')
})

test('toCsvLine() is read back by readCsv(), however the text is cut', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(), async (cells, place) => {
      const text = `a,b\r\n${toCsvLine(cells.map((cell) => `x${cell}`))}`
      const cut = place % text.length
      expect((await read(text.slice(0, cut), text.slice(cut)))[1]).toEqual(cells.map((cell) => `x${cell}`))
    }),
  )
})

test('toCsvLine() neutralises what a spreadsheet would run', () => {
  expect(toCsvLine(['=1+1', ' @x', 'a,b', null, 3, true])).toBe(`'=1+1,' @x,"a,b",,3,true\r\n`)
})
