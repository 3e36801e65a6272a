import { fromCsvCell, toCsvLines } from '@patkit/report'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { delimiterOf, readCsv, type CsvRecord } from './csv.js'

async function recordsOf(...chunks: string[]): Promise<CsvRecord[]> {
  const records: CsvRecord[] = []
  for await (const record of readCsv(toStream(chunks), ',')) records.push(record)
  return records
}

async function read(...chunks: string[]): Promise<(readonly string[])[]> {
  return (await recordsOf(...chunks)).map(({ cells }) => cells)
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

test('readCsv() takes records with fewer or more cells than the header', async () => {
  expect(await read('a,b\n1\n1,2,3\n')).toEqual([['a', 'b'], ['1'], ['1', '2', '3']])
})

test('readCsv() tells the line a record begins in, whatever lies in the ones before', async () => {
  const records = await recordsOf('\ufeffa,b\r\n"two\r\nlines",\r', '\n\r\n\n"x\ny\n",1\nlast')
  expect(records.map(({ line }) => line)).toEqual([1, 2, 6, 9])
})

test('readCsv() reads no further than it is asked to, and tells its source that it is done', async () => {
  let rows = 0
  let isDone = false
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield await Promise.resolve(`${rows++},ada\n`)
    } finally {
      isDone = true
    }
  }
  for await (const { line } of readCsv(endless(), ',')) if (line === 3) break
  expect(isDone).toBe(true)
  // What streams hold between them, and not the rest of the file.
  expect(rows).toBeLessThan(10_000)
})

test('readCsv() passes a failure of its source on', async () => {
  async function* broken(): AsyncGenerator<string> {
    yield 'a,b\n'
    await Promise.reject(new RangeError('the disk is gone'))
  }
  const reading = async (): Promise<void> => {
    for await (const _record of readCsv(broken(), ',')) continue
  }
  await expect(reading()).rejects.toThrow(new RangeError('the disk is gone'))
})

test.each([
  ['a;b', ';'],
  ['a\tb', '\t'],
  ['a,b;c,d', ','],
  ['only', ','],
])('delimiterOf(%j) is %j, as spreadsheets of many countries write a semicolon', (header, mark) => {
  expect(delimiterOf(header)).toBe(mark)
})

test('readCsv() tells the line of what is no CSV', async () => {
  await expect(read('a,b\n"x"y,2\n')).rejects.toMatchObject({
    line: 2,
    message: 'there is text behind a closing quote',
  })
  await expect(read('a,b\n1,2\n"x,2\n\n')).rejects.toMatchObject({ line: 3, message: 'a quote is never closed' })
  await expect(read('a,b\n1,2\n5" disk,2\n')).rejects.toMatchObject({
    line: 3,
    message: 'there is a quote in the middle of a cell',
  })
  await expect(read('a,b\n"', 'x'.repeat(1_000_100))).rejects.toMatchObject({
    line: 2,
    message: 'a record is too long, or a quote is never closed',
  })
  await expect(read('a\n"two\r\nlines"\n\n"x"y\n')).rejects.toMatchObject({ line: 5 })
})

test('what toCsvLines() of @patkit/report writes is read back, however the text is cut', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }), { minLength: 2, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(texts, fc.nat(), async (cells, place) => {
      const text = toCsvLines([['a', 'b'], cells])
      // A file that is read as UTF-8 is never cut within a character.
      const characters = Array.from(text)
      const cut = place % characters.length
      const [, record] = await read(characters.slice(0, cut).join(''), characters.slice(cut).join(''))
      expect(record?.map(fromCsvCell)).toEqual(cells)
    }),
  )
})
