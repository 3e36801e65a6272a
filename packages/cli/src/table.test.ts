import { expect, test } from 'vitest'
import { cut, displayWidth, Table, type TableColumn } from './table.js'
import type { Piece } from './terminal.js'

interface Row {
  readonly name: string
  readonly days: number | null
  readonly id: string
}

const columns: readonly TableColumn<Row>[] = [
  { header: 'Name', value: (row) => row.name, mayShrink: true },
  { header: 'Days', value: (row) => row.days, align: 'right' },
  { header: 'ID', value: (row) => row.id, style: () => 'dim' },
]

function draw(rows: readonly Row[], width = Infinity, unicode = true, of = columns): string[] {
  const lines: string[] = []
  const line = (...pieces: readonly Piece[]): void =>
    void lines.push(pieces.map((piece) => (typeof piece === 'string' ? piece : piece.text)).join(''))
  const table = new Table(of, { width, unicode, line })
  for (const row of rows) table.add(row)
  table.end()
  return lines
}

test('a table gives each column the width it needs, numbers to the right', () => {
  expect(
    draw([
      { name: 'ci', days: 7, id: 'a' },
      { name: 'a longer name', days: 120, id: 'bb' },
      { name: '', days: null, id: '' },
    ]),
  ).toEqual(['Name           Days  ID', 'ci                7  a', 'a longer name   120  bb', ''])
})

test('a table without rows draws nothing', () => {
  expect(draw([])).toEqual([])
})

test('a table cuts what may shrink to the terminal, and never an id', () => {
  const rows = [{ name: 'a name that is far too long', days: 1, id: '0c7f6b7e-0e5b' }]
  expect(draw(rows, 36)).toEqual(['Name             Days  ID', 'a name that is…     1  0c7f6b7e-0e5b'])
  expect(draw(rows, 36, false)[1]).toBe('a name that ...     1  0c7f6b7e-0e5b')
  expect(draw(rows, 10)[1]).toBe('a name …     1  0c7f6b7e-0e5b')
})

test('a table leaves out what is least needed where the terminal is too narrow for all, and only there', () => {
  const rows = [{ name: 'a name that is far too long', days: 1, id: '0c7f6b7e-0e5b' }]
  const [name, days, id] = columns as [TableColumn<Row>, TableColumn<Row>, TableColumn<Row>]
  const of = [name, { ...days, expendable: 2 }, { ...id, header: 'Also', expendable: 1 }, id]
  expect(draw(rows, 45, true, of)[0]).toBe('Name       Days  Also           ID')
  expect(draw(rows, 35, true, of)[0]).toBe('Name            Days  ID')
  expect(draw(rows, 24, true, of)).toEqual(['Name       ID', 'a name t…  0c7f6b7e-0e5b'])
  expect(draw(rows, Infinity, true, of)[0]).toBe('Name                         Days  Also           ID')
})

test('a table makes control characters of names harmless and keeps its columns', () => {
  expect(draw([{ name: 'a\u001b[2Jb\n', days: 1, id: 'x' }])).toEqual([
    'Name            Days  ID',
    'a<U+001B>[2Jb      1  x',
  ])
})

test('a table draws rows as they come once the widths are known, and cuts later ones to them on a terminal only', () => {
  const rows = Array.from({ length: 150 }, (_, index) => ({ name: 'n', days: index, id: 'x' }))
  const all = [...rows, { name: 'longer than any of those before', days: 1, id: 'y' }]
  const lines = draw(all, 80)
  expect(lines).toHaveLength(152)
  expect(lines.at(-1)).toBe('longer than any of thos…     1  y')
  expect(draw(all).at(-1)).toBe('longer than any of those before     1  y')
})

test('displayWidth() counts what terminals draw', () => {
  expect(displayWidth('Ada')).toBe(3)
  expect(displayWidth('山田')).toBe(4)
  expect(displayWidth('e\u0301')).toBe(1)
  expect(displayWidth('👩‍💻')).toBe(2)
  expect(displayWidth('\u200b')).toBe(0)
  expect(displayWidth('ﾔﾏ')).toBe(2)
})

test('cut() never cuts within a character', () => {
  expect(cut('山田太郎', 6, '…')).toBe('山田…')
  expect(cut('山田太郎', 8, '…')).toBe('山田太郎')
  expect(cut('ae\u0301b', 2, '…')).toBe('a…')
})
