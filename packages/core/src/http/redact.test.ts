import { describe, expect, it } from 'vitest'
import { printable } from './redact.js'

const jwt = `eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(30)}.${'c'.repeat(40)}`
const newPat = `${'A1b'.repeat(25)}xAZDOq9Zk`
const oldPat = 'dip55dwf4vpitomw63jzvomefmi2jluguprzwwqwuc6xq4fhocwq'

describe('printable', () => {
  it.each([
    ['a JWT', jwt],
    ['a new personal access token', newPat],
    ['an old personal access token', oldPat],
  ])('takes out %s', (_, secret) => {
    expect(printable(`refused ${secret}, sorry`)).toBe('refused [redacted], sorry')
  })

  it.each([
    'Authorization: Bearer abcdefghijkl',
    'client_secret=hunter2hunter2&x=1',
    '{"access_token":"abcdef123456"}',
  ])('takes the value out of %s', (text) => {
    expect(printable(text)).toContain('[redacted]')
    expect(printable(text)).not.toMatch(/abcdef|hunter2/)
  })

  it('takes out a secret that is known, whatever its shape', () => {
    expect(printable('it was p4ss!', ['p4ss!'])).toBe('it was [redacted]')
  })

  it('gives one line without control characters and without text that reads backwards', () => {
    expect(printable('a\r\nb\u001b[31mc\u202ed')).toBe('a b [31mc d')
  })

  it('leaves ordinary words alone and cuts what is very long', () => {
    expect(printable('TF400813: The user is not authorized.')).toBe('TF400813: The user is not authorized.')
    expect(printable('x '.repeat(1000))).toHaveLength(500)
  })
})
