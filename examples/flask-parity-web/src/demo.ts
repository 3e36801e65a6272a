import { randomUUID } from 'node:crypto'
import { sampleIds, sampleSecret, startEmulator, type Emulator, type EmulatorOptions } from '@patkit/emulator'
import { settingsFromEnv, type Settings } from './settings.js'

/** An emulated organization in which there is something to see: a pause that the service asks for, and somebody who cannot be read. */
export async function startDemoEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ users: 400, seed: 7, latencyMs: 60, ...options })
  const path = '/tokenadmin/personalaccesstokens/'
  emulator.faults.add({ match: { path, nth: 150 }, answer: { status: 429, headers: { 'Retry-After': '4' } } })
  emulator.faults.add({
    match: { path, user: nameOfMember(emulator, 30) },
    answer: { status: 500 },
  })
  return emulator
}

/**
 * Settings that lead to an emulator: its application, its organization, and an administrator who signs in with one click. What else the
 * environment says, such as `PORT` and `REDIRECT_PATH`, holds.
 */
export function demoSettings(
  emulator: Emulator,
  env: Readonly<Record<string, string | undefined>>,
  reportsFolder: string,
): Settings {
  const clientId = randomUUID()
  const settings = settingsFromEnv(
    {
      ...env,
      CLIENT_ID: clientId,
      CLIENT_SECRET: sampleSecret,
      TENANT_ID: sampleIds.contosoTenant,
      ORGANIZATION: emulator.organization,
      PATKIT_BASE_URL: emulator.url,
    },
    reportsFolder,
  )
  const { redirectUri } = settings.auth
  const { origin } = new URL(redirectUri)
  emulator.identity.registerClient({
    clientId,
    tenant: sampleIds.contosoTenant,
    displayName: 'Token report',
    redirectUris: [redirectUri, `${origin}/`],
    secrets: [{ value: sampleSecret }],
    frontChannelLogoutUri: `${origin}/auth/front-channel-logout`,
    consent: 'granted',
  })
  return {
    ...settings,
    emulator: { origin: emulator.url.replace('127.0.0.1', 'localhost') },
    demoPerson: [...emulator.data.people()].find(({ isAdministrator }) => isAdministrator)?.principalName ?? undefined,
  }
}

function nameOfMember(emulator: Emulator, number: number): string {
  const members = [...emulator.data.people()].filter(({ kind }) => kind === 'member')
  return members[number]?.descriptor ?? ''
}
