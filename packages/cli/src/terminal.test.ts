import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Capture } from '../test/world.js'
import { sanitize, speaksUnicode, styled, Terminal, wantsColor } from './terminal.js'

// eslint-disable-next-line no-control-regex -- what must never reach the terminal
const harmful = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/

test('sanitize() shows control characters by number and keeps a text on one line', () => {
  expect(sanitize('a\u001b[31mb\u0007\u009b')).toBe('a<U+001B>[31mb<U+0007><U+009B>')
  expect(sanitize('one\r\ntwo\tthree\u2028four')).toBe('one two three four')
  expect(sanitize('abc\u202egnp.exe')).toBe('abc<U+202E>gnp.exe')
  expect(sanitize('\ud800x')).toBe('\ufffdx')
  expect(sanitize('Zoë 山田 👩‍💻')).toBe('Zoë 山田 👩‍💻')
})

test('sanitize() leaves nothing harmful of any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const clean = sanitize(text)
      expect(clean).not.toMatch(harmful)
      expect(clean).not.toMatch(/\p{Surrogate}/u)
    }),
  )
})

test('line() styles only where colours are wanted, and never lets a styled text carry an escape sequence', () => {
  const colored = new Capture({ isTTY: true })
  new Terminal(colored, { TERM: 'xterm' }, 'linux').line('a', styled('red', 'b\u001b[5m'))
  expect(colored.text).toBe('a\u001b[31mb<U+001B>[5m\u001b[39m\n')
  const plain = new Capture({ isTTY: true })
  new Terminal(plain, { TERM: 'xterm', NO_COLOR: '1' }, 'linux').line('a', styled('red', 'b'))
  expect(plain.text).toBe('ab\n')
})

test.each([
  [true, {}, true],
  [true, { TERM: 'dumb' }, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, {}, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [false, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
])('fault 64: wantsColor() on a terminal (%s) with %j is %s', (isTTY, env, wanted) => {
  expect(wantsColor(new Capture({ isTTY }), env)).toBe(wanted)
})

test('speaksUnicode() goes by the locale, and knows the consoles that cannot', () => {
  expect(speaksUnicode({ LANG: 'de_DE.UTF-8' }, 'linux')).toBe(true)
  expect(speaksUnicode({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }, 'linux')).toBe(false)
  expect(speaksUnicode({ LANG: 'C.UTF-8', TERM: 'linux' }, 'linux')).toBe(false)
  expect(speaksUnicode({}, 'linux')).toBe(false)
  expect(speaksUnicode({}, 'win32')).toBe(false)
  expect(speaksUnicode({ WT_SESSION: 'x' }, 'win32')).toBe(true)
})

test('status() draws over itself without escape sequences and never fills the last column', () => {
  const output = new Capture({ isTTY: true, columns: 10 })
  const terminal = new Terminal(output, { TERM: 'xterm' }, 'linux')
  terminal.status('123456789012345')
  terminal.status('abc')
  terminal.status('abc')
  terminal.line('done')
  expect(output.chunks).toEqual(['\r123456789', '\rabc      ', '\r   \r', 'done\n'])
})

test('clearStatus() writes nothing when nothing was drawn', () => {
  const output = new Capture({ isTTY: true })
  new Terminal(output, {}, 'linux').clearStatus()
  expect(output.text).toBe('')
})
