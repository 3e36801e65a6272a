import { expect, test } from 'vitest'
import { Redactor } from './redact.js'

test('hide() takes out secrets that are held, wherever they stand', () => {
  const redactor = new Redactor()
  redactor.add('s3cret-of-ours')
  expect(redactor.hide('x=s3cret-of-ours&y, s3cret-of-ours')).toBe('x=[redacted]&y, [redacted]')
})

test('hide() takes out what is a credential by its form, and leaves paths and names alone', () => {
  const redactor = new Redactor()
  const jwt = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
  expect(redactor.hide(`got ${jwt} and Bearer abcdefghijkl`)).toBe('got [redacted] and [redacted]')
  const path = '/home/ada/a-very-long-folder-name-that-goes-on-and-on/pats.xlsx'
  expect(redactor.hide(path)).toBe(path)
})

test('add() does not search for words so short that they would blank out ordinary text', () => {
  const redactor = new Redactor()
  redactor.add('a')
  redactor.add(undefined)
  expect(redactor.hide('a table')).toBe('a table')
})

test.each([
  ['client_secret=Ab8Q~longenough', '[redacted]'],
  ['password: hunter22', '[redacted]'],
  [`pat ${'a2b3'.repeat(13)} refused`, 'pat [redacted] refused'],
  ['AADSTS700082: The refresh token has expired', 'AADSTS700082: The refresh token has expired'],
  ['Tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 not found', 'Tenant 72f988bf-86f1-41af-91ab-2d7cd011db47 not found'],
])('redact() turns %j into %j', (text, clean) => {
  expect(new Redactor().redact(text)).toBe(clean)
})
