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
})
