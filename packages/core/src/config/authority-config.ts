import type { ConfigurationFault } from '../errors.js'
import { authorityFaults, isGuid, type Authority } from './authority.js'
import { readCredentials, type ClientCredential, type UsableCredential } from './authority-credential.js'

/** What a sign-in needs to know: who may sign in, and which application asks. */
export interface AuthConfig {
  /** Who may sign in, and where. */
  readonly authority: Authority
  /** Application (client) id of the app registration, a GUID. */
  readonly clientId: string
  /** How the application proves itself. Several, for rotation: the next is tried when one is refused. */
  readonly credential: ClientCredential | readonly ClientCredential[]
  /** Where people come back to: exactly as registered. Plain http for loopback hosts only. */
  readonly redirectUri: string
}

/** A configuration that was read: usable only without faults. */
export interface AuthConfigReading {
  readonly credentials: readonly UsableCredential[]
  readonly faults: readonly ConfigurationFault[]
}

/** Finds everything that is wrong with a configuration, and reads its credentials. Nothing is sent. */
export function readAuthConfig(config: Partial<Record<keyof AuthConfig, unknown>>): AuthConfigReading {
  const { credentials, faults } = readCredentials(config.credential)
  return {
    credentials,
    faults: [
      ...authorityFaults(config.authority),
      ...clientIdFaults(config.clientId),
      ...faults,
      ...redirectUriFaults(config.redirectUri),
    ],
  }
}

/** What is wrong with an application id. */
export function clientIdFaults(clientId: unknown): ConfigurationFault[] {
  if (isGuid(clientId)) return []
  return [
    {
      field: 'clientId',
      problem: typeof clientId === 'string' && clientId !== '' ? 'It is not a GUID.' : 'It is missing.',
      fix: 'Give the Application (client) ID from the overview page of the app registration.',
    },
  ]
}

function redirectUriFaults(redirectUri: unknown): ConfigurationFault[] {
  const problem = redirectUriProblem(redirectUri)
  if (problem === undefined) return []
  return [
    {
      field: 'redirectUri',
      problem,
      fix: 'Give the whole address as registered, such as https://app.example.com/auth/redirect or http://localhost:5000/getAToken.',
    },
  ]
}

function redirectUriProblem(redirectUri: unknown): string | undefined {
  if (typeof redirectUri !== 'string' || redirectUri === '') return 'It is missing.'
  if (!URL.canParse(redirectUri)) return 'It is no absolute address.'
  const url = new URL(redirectUri)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'It is no https address.'
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'It is plain http, which only localhost may be.'
  if (url.hash !== '') return 'It has a fragment (#…), which never comes back to a server.'
  return url.username === '' && url.password === '' ? undefined : 'It has a user name or a password in it.'
}

/** Whether a host is this machine, so that plain http to it leaves nothing on a wire. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '[::1]'
}
