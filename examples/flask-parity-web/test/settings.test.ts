import { ConfigurationError, type ConfigurationFault } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { settingsFromEnv } from '../src/settings.js'

const guid = '0310a6b8-4bd1-4594-8c10-f33ab37e1fde'
/** What somebody has who fills in the original's app_config.py. */
const original = {
  CLIENT_ID: guid,
  CLIENT_SECRET: 'good-secret',
  AUTHORITY: `https://login.microsoftonline.com/${guid}`,
  REDIRECT_PATH: '/getAToken',
  ENDPOINT: 'https://vssps.dev.azure.com/fabrikam/_apis/Tokens/Pats?api-version=6.1-preview',
  SCOPE: '499b84ac-1321-427f-aa17-267ca6975798/.default',
}
const read = (env: Record<string, string>) => settingsFromEnv(env, '/nowhere/reports')

const faultsOf = (env: Record<string, string>): readonly ConfigurationFault[] => {
  try {
    read(env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults
    throw error
  }
}

describe('the settings are read', () => {
  test('by the names of the original, the organization from its ENDPOINT', () => {
    expect(read(original)).toMatchObject({
      organization: 'fabrikam',
      port: 5000,
      host: '127.0.0.1',
      trustProxy: false,
      auth: { clientId: guid, redirectUri: 'http://localhost:5000/getAToken' },
    })
  })

  test.each([
    ['ORGANIZATION before all others', { ORGANIZATION: 'contoso', PATKIT_ORG: 'fabrikam-two' }, 'contoso'],
    ['PATKIT_ORG before ENDPOINT', { PATKIT_ORG: 'contoso' }, 'contoso'],
    ['the other edition of ENDPOINT', { ENDPOINT: 'https://dev.azure.com/contoso/_apis/Tokens/Pats' }, 'contoso'],
  ])('%s', (_, env, organization) => {
    expect(read({ ...original, ...env }).organization).toBe(organization)
  })

  test('for a platform that ends https in front of the site', () => {
    const env = { ...original, REDIRECT_URI: 'https://pats.example.com/getAToken', PORT: '8080' }
    expect(read(env)).toMatchObject({ port: 8080, host: '0.0.0.0', trustProxy: true })
  })
})

describe('what is wrong is named by its variable, all at once:', () => {
  test('nothing is set', () => {
    expect(faultsOf({}).map(({ field }) => field)).toEqual(['AUTHORITY', 'CLIENT_SECRET', 'CLIENT_ID', 'ORGANIZATION'])
  })

  test.each([
    ['an organization that leads elsewhere', { ORGANIZATION: '../contoso' }, 'ORGANIZATION'],
    [
      'the placeholder of the original',
      { ENDPOINT: 'https://vssps.dev.azure.com/Enter_the_Collection_Name_Here/x' },
      'ORGANIZATION',
    ],
    ['an ENDPOINT of another service', { ENDPOINT: 'https://graph.microsoft.com/v1.0/users' }, 'ORGANIZATION'],
    ['plain http to another machine', { PATKIT_BASE_URL: 'http://ado.example.com' }, 'PATKIT_BASE_URL'],
  ])('%s', (_, env, field) => {
    expect(faultsOf({ ...original, ...env })).toEqual([
      { field, problem: expect.stringMatching(/\w/) as string, fix: expect.any(String) as string },
    ])
  })
})
