import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutToCell, escapeMarkup, excelSerial, isoTime, mostCellCharacters, showBidi, xmlText } from './cell.js'
import { columnLetters } from './excel/cell-xml.js'

/** Encoding puts U+FFFD in the place of half a character. */
function hasWholeCharacters(text: string): boolean {
  return Buffer.from(text, 'utf8').toString('utf8') === text
}

describe('excelSerial()', () => {
  it.each([
    ['1900-03-01T00:00:00Z', 61],
    ['1970-01-01T00:00:00Z', 25_569],
    ['2026-11-20T12:00:00Z', 46_346.5],
    ['9999-12-31T00:00:00Z', 2_958_465],
  ])('gives %s the number Excel gives it', (text, serial) => {
    expect(excelSerial(new Date(text))).toBe(serial)
  })

  it('rounds to whole seconds, so that a second before midnight stays in its day', () => {
    expect(excelSerial(new Date('2026-11-20T23:59:59.400Z'))).toBe(excelSerial(new Date('2026-11-20T23:59:59Z')))
    expect(excelSerial(new Date('9999-12-31T23:59:59.999Z'))).toBeLessThan(2_958_466)
  })

  it('is null for what Excel cannot hold', () => {
    for (const text of ['0001-01-01T00:00:00Z', '1900-02-28T23:59:59Z', '+010000-01-01T00:00:00Z', 'nonsense']) {
      expect(excelSerial(new Date(text))).toBeNull()
    }
  })

  it('can be turned back into the second it came from', () => {
    const dates = fc.date({
      min: new Date('1900-03-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    })
    fc.assert(
      fc.property(dates, (date) => {
        const serial = excelSerial(date) ?? NaN
        // Half a second of rounding, and what a serial of the year 9999 loses as a floating-point number.
        expect(Math.abs((serial - 25_569) * 86_400 - date.getTime() / 1_000)).toBeLessThan(0.501)
      }),
    )
  })
})

describe('cutToCell()', () => {
  it('leaves a text alone that just fits', () => {
    const text = 'x'.repeat(mostCellCharacters)
    expect(cutToCell(text)).toBe(text)
  })

  it('fault 62: cuts a longer one to the limit and says so', () => {
    const cut = cutToCell('x'.repeat(mostCellCharacters + 1))
    expect(cut).toHaveLength(mostCellCharacters)
    expect(cut).toMatch(/x… \[cut\]$/)
  })

  it('never cuts a character in half', () => {
    for (const start of ['', 'x']) expect(hasWholeCharacters(cutToCell(start + '🚀'.repeat(20_000)))).toBe(true)
  })
})

describe('xmlText()', () => {
  it('gives text that XML can hold, and changes no other', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
        (text) => {
          const safe = xmlText(text)
          expect(hasWholeCharacters(safe)).toBe(true)
          // eslint-disable-next-line no-control-regex -- what XML 1.0 forbids
          expect(safe).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/)
          expect(xmlText(safe)).toBe(safe)
        },
      ),
    )
  })
})

describe('showBidi()', () => {
  it('shows every character that turns the reading direction', () => {
    const controls = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069']
    expect(controls.map(showBidi)).toEqual(
      controls.map((character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase()}]`),
    )
  })

  it('leaves text alone that is written from right to left', () => {
    expect(showBidi('עברית')).toBe('עברית')
  })
})

describe('escapeMarkup()', () => {
  it('leaves nothing that could begin markup or end an attribute', () => {
    expect(escapeMarkup(`<a b="c">&amp;</a>`)).toBe('&lt;a b=&quot;c&quot;&gt;&amp;amp;&lt;/a&gt;')
  })
})

describe('isoTime()', () => {
  it('leaves out a fraction that is not there', () => {
    expect(isoTime(new Date('2026-11-20T12:00:00Z'))).toBe('2026-11-20T12:00:00Z')
    expect(isoTime(new Date('2026-11-20T12:00:00.120Z'))).toBe('2026-11-20T12:00:00.120Z')
  })
})

describe('columnLetters()', () => {
  it('counts as a spreadsheet does', () => {
    expect([0, 25, 26, 51, 52, 701, 702].map(columnLetters)).toEqual(['A', 'Z', 'AA', 'AZ', 'BA', 'ZZ', 'AAA'])
  })
})
