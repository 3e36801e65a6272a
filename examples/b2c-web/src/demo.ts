import { randomUUID } from 'node:crypto'
import { sampleIds, sampleScopes, sampleSecret, type Emulator } from '@patkit/emulator'
import type { Environment } from '@patkit/example-kit'
import { settingsFromEnv, type Settings } from './settings.js'

/** A directory at the emulator: its variables, and somebody who can sign in there. */
interface DemoPlace {
  readonly tenant: string
  readonly person: string
  readonly variables: Readonly<Record<string, string>>
}

const external = {
  AUTHORITY: `https://woodgrove.ciamlogin.com/${sampleIds.externalTenant}`,
  SCOPE: sampleScopes.external,
}

/** The directories the Flask sample has instructions for. */
export const demoPlaces = {
  'Azure AD B2C': {
    tenant: 'fabrikamb2c',
    person: 'carol@customer.example',
    variables: {
      B2C_TENANT_NAME: 'fabrikamb2c',
      SIGNUPSIGNIN_USER_FLOW: 'B2C_1_susi',
      EDITPROFILE_USER_FLOW: 'B2C_1_edit',
      RESETPASSWORD_USER_FLOW: 'B2C_1_reset',
      SCOPE: sampleScopes.b2c,
    },
  },
  'External ID': { tenant: 'woodgrove', person: 'wendy@customer.example', variables: external },
  'External ID with a custom domain': {
    tenant: 'woodgrove',
    person: 'wendy@customer.example',
    variables: { ...external, CUSTOM_DOMAIN: 'login.woodgrove.example' },
  },
  'Microsoft Entra ID': {
    tenant: 'contoso.onmicrosoft.com',
    person: 'alice@contoso.onmicrosoft.com',
    variables: { TENANT_ID: sampleIds.contosoTenant, SCOPE: sampleScopes.contoso },
  },
} as const satisfies Record<string, DemoPlace>

export type DemoPlaceName = keyof typeof demoPlaces

/** Settings that lead to a directory of an emulator. What else the environment says, such as `PORT` and `REDIRECT_PATH`, holds. */
export function demoSettings(emulator: Emulator, env: Environment, name: DemoPlaceName = 'Azure AD B2C'): Settings {
  const { tenant, person, variables } = demoPlaces[name]
  const origin = emulator.url.replace('127.0.0.1', 'localhost')
  const settings = settingsFromEnv({
    CLIENT_ID: randomUUID(),
    CLIENT_SECRET: sampleSecret,
    ENDPOINT: `${origin}/api/me`,
    ...variables,
    ...env,
  })
  const { clientId, redirectUri } = settings.auth
  emulator.identity.registerClient({
    clientId,
    tenant,
    displayName: 'Shop',
    redirectUris: [redirectUri, `${new URL(redirectUri).origin}/`],
    secrets: [{ value: sampleSecret }],
    frontChannelLogoutUri: `${new URL(redirectUri).origin}/auth/front-channel-logout`,
  })
  return { ...settings, emulator: { origin }, demoPerson: person }
}
