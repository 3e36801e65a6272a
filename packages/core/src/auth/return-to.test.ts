import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { safeReturnTo } from '../index.js'

describe('safeReturnTo()', () => {
  test.each([
    '/',
    '/reports',
    '/reports?page=2&q=a%2Fb#top',
    '/a/b/',
    '/~me',
    '/a?next=//b',
    '/ü',
    '/?x=https://a.example',
  ])('gives %s back', (path) => {
    expect(safeReturnTo(path)).toBe(path)
  })

  test.each([
    '',
    'reports',
    'https://evil.example/',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' /reports',
    '/ /evil.example',
    '/%2f%2fevil.example',
    '/%2Fevil.example',
    '/%5cevil.example',
    '/%252fevil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    '/%09/evil.example',
    '/%0d%0aset-cookie:x',
    '/\u0000',
    '/\u0085/evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    `/${'a'.repeat(3000)}`,
    undefined,
    null,
    7,
    ['/reports'],
    { toString: () => '/reports' },
  ])('refuses %j', (value) => {
    expect(safeReturnTo(value)).toBeUndefined()
  })

  test('never leads to another origin, whatever it is given and however a browser reads it', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '%2f',
      '%5c',
      '%09',
      '\t',
      '\n',
      'evil.example',
      '@',
      ':',
      '?',
      '#',
      'a',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const safe = safeReturnTo(`/${pieces.join('')}`)
        if (safe === undefined) return
        const url = new URL(safe, 'https://app.example')
        expect(url.origin).toBe('https://app.example')
        expect(new URL(url.pathname, 'https://app.example').origin).toBe('https://app.example')
        expect(new URL(decodeURIComponent(url.pathname), 'https://app.example').origin).toBe('https://app.example')
      }),
      { numRuns: 3000 },
    )
  })

  test('never leads to another origin, whatever text it is given, also when it stands in a header or is decoded again and again', () => {
    const seed = 20_261_126
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.webPath(),
      fc.string().map(encodeURIComponent),
    )
    const path = fc
      .tuple(fc.constantFrom('', '/', '//', '/.', '/%2', '/\\', '/a/..//'), text)
      .map(([start, rest]) => start + rest)
    fc.assert(
      fc.property(path, (asked) => {
        const safe = safeReturnTo(asked)
        if (safe === undefined) return
        expect(safe).toBe(asked)
        // eslint-disable-next-line no-control-regex -- a line break would begin another header
        expect(safe).not.toMatch(/[\u0000-\u001f]/)
        for (const base of ['https://app.example', 'http://localhost:5000']) {
          let { pathname } = new URL(safe, base)
          for (let decoded = 0; decoded < 4; decoded++) {
            expect(new URL(pathname, base).origin).toBe(base)
            pathname = leniently(pathname)
          }
        }
      }),
      { seed, numRuns: 1500 },
    )
  })
})

/** Decodes what can be decoded, as lenient servers do. */
function leniently(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (coded) => {
    try {
      return decodeURIComponent(coded)
    } catch {
      return coded
    }
  })
}
