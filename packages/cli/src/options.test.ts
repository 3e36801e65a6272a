import { expect, test } from 'vitest'
import { shellQuote } from './options.js'

test.each([
  ['plain-1.2/x', 'linux', 'plain-1.2/x'],
  ['a b', 'linux', "'a b'"],
  ["it's", 'linux', `'it'\\''s'`],
  ['', 'linux', "''"],
  ['$HOME', 'linux', "'$HOME'"],
  ['C:\\Users\\ada', 'win32', 'C:\\Users\\ada'],
  ['a b', 'win32', '"a b"'],
  ['%PATH%', 'win32', '"%PATH%"'],
] as const)('shellQuote() writes %j for %s as %s', (word, platform, quoted) => {
  expect(shellQuote(word, platform)).toBe(quoted)
})
