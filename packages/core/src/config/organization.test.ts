import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkBaseUrl, checkOrganization } from './organization.js'

describe('checkOrganization', () => {
  it.each(['fabrikam', 'F', '9lives', 'contoso-2', 'a'.repeat(50)])('accepts %s', (name) => {
    expect(checkOrganization(name)).toBe(name)
  })

  it.each([
    ['', 'it is empty'],
    ['../x', 'only letters, digits and hyphens'],
    ['a'.repeat(51), 'it has 51 characters'],
    ['-start', 'start and end with a letter or digit'],
    ['end-', 'start and end with a letter or digit'],
    ['fabri kam', 'only letters'],
    ['fabrikam/_apis', 'only letters'],
    ['fabrikam%2f', 'only letters'],
    ['fäbrikam', 'only letters'],
    ['fabrikam\n', 'only letters'],
    ['https://dev.azure.com/fabrikam', 'it is a URL'],
  ])('refuses %j and says why', (name, reason) => {
    expect(() => checkOrganization(name)).toThrow(TypeError)
    expect(() => checkOrganization(name)).toThrow(reason)
    expect(() => checkOrganization(name)).not.toThrow(/\n/)
  })

  it.each([undefined, null, 7, {}])('refuses %j, which is no text', (value) => {
    expect(() => checkOrganization(value)).toThrow('must be a string')
  })
})

describe('checkBaseUrl', () => {
  it.each([
    ['https://vssps.dev.azure.com', 'https://vssps.dev.azure.com'],
    ['https://vssps.dev.azure.com/', 'https://vssps.dev.azure.com'],
    ['https://proxy.example/ado//', 'https://proxy.example/ado'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('accepts %s', (given, taken) => {
    expect(checkBaseUrl(given)).toBe(taken)
    expect(checkBaseUrl(new URL(given))).toBe(taken)
  })

  it.each([
    ['http://vssps.dev.azure.com', 'plain http'],
    ['http://127.0.0.1.example.com', 'plain http'],
    ['http://localhost.example.com', 'plain http'],
    ['ftp://localhost', 'must start with https'],
    ['vssps.dev.azure.com', 'is not a URL'],
    ['https://user:secret@host.example', 'must not contain a user name'],
    ['https://host.example/?api-version=7', 'query'],
  ])('refuses %s', (given, reason) => {
    expect(() => checkBaseUrl(given)).toThrow(reason)
    expect(() => checkBaseUrl(given)).not.toThrow('secret')
  })
})

describe('whatever the name of an organization', () => {
  it('it leads to no other host and no other path', () => {
    const names = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.webPath(),
      fc.stringMatching(/^[\w.%/@:?#-]{1,60}$/),
    )
    fc.assert(
      fc.property(names, (name) => {
        let checked: string
        try {
          checked = checkOrganization(name)
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError)
          return
        }
        const url = new URL(`https://vssps.dev.azure.com/${checked}/_apis/graph/users`)
        expect(url.host).toBe('vssps.dev.azure.com')
        expect(url.pathname).toBe(`/${checked}/_apis/graph/users`)
        expect(url.search + url.hash).toBe('')
      }),
      { seed: 20_261_126, numRuns: 3000 },
    )
  })
})
