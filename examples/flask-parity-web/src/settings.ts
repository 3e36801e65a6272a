import {
  authConfigFromEnv,
  checkBaseUrl,
  checkOrganization,
  ConfigurationError,
  type AuthConfig,
  type EmulatorOption,
} from '@patkit/core'
import { listenAddress, tried, valueOf, type Environment } from '@patkit/example-kit'

/** Everything the site is told from outside. */
export interface Settings {
  /** Who may sign in, as which application, and where people come back to. */
  readonly auth: AuthConfig
  /** Azure DevOps organization whose tokens are shown. */
  readonly organization: string
  /** Another address of Azure DevOps, such as an emulator's. */
  readonly baseUrl: string | undefined
  /** Sends sign-ins to an emulator on this machine. */
  readonly emulator: EmulatorOption | undefined
  /** Whom the start page offers to sign in as with one click; only with an emulator. */
  readonly demoPerson: string | undefined
  /** Where the site listens. */
  readonly port: number
  readonly host: string
  /** Whether a proxy in front ends https. */
  readonly trustProxy: boolean
  /** Folder of reports that are under way or finished. */
  readonly reportsFolder: string
}

/** The variables of the site itself. */
export interface SiteVariables {
  /** Name of the organization, the part behind `https://dev.azure.com/`. Needed, unless one of the next two has it. */
  readonly ORGANIZATION?: string
  /** The same, where `ORGANIZATION` is not set: what the command calls it. */
  readonly PATKIT_ORG?: string
  /** The address of the original sample, `https://vssps.dev.azure.com/<organization>/_apis/Tokens/Pats`: the organization is read from it. */
  readonly ENDPOINT?: string
  /** Another address of Azure DevOps, such as an emulator's. */
  readonly PATKIT_BASE_URL?: string
}

const read = (env: Environment, name: keyof SiteVariables): string | undefined => valueOf(env, name)

/** The port of the original. */
export const usualPort = 5000

/**
 * Reads the settings.
 *
 * @param reportsFolder - Where reports are kept.
 * @throws {@link ConfigurationError} Naming every variable that is missing or wrong.
 */
export function settingsFromEnv(env: Environment, reportsFolder: string): Settings {
  const auth = tried(() => authConfigFromEnv(env))
  const organization = tried(() => readOrganization(env))
  const baseUrl = tried(() => readBaseUrl(env))
  const faults = [...auth.faults, ...organization.faults, ...baseUrl.faults]
  if (faults.length > 0 || auth.value === undefined) throw new ConfigurationError(faults)
  const { redirectUri } = auth.value
  return {
    auth: auth.value,
    organization: organization.value ?? '',
    baseUrl: baseUrl.value,
    emulator: undefined,
    demoPerson: undefined,
    ...listenAddress(env, usualPort, redirectUri),
    trustProxy: redirectUri.startsWith('https:'),
    reportsFolder,
  }
}

function readOrganization(env: Environment): string {
  const given = read(env, 'ORGANIZATION') ?? read(env, 'PATKIT_ORG') ?? organizationIn(read(env, 'ENDPOINT'))
  if (given === undefined) {
    throw fault('ORGANIZATION', 'It is not set.', 'Set it to the name behind https://dev.azure.com/.')
  }
  try {
    return checkOrganization(given)
  } catch (error) {
    throw fault('ORGANIZATION', error instanceof Error ? error.message : 'It is no name of an organization.', '')
  }
}

/** The organization in an address of Azure DevOps; both editions of the original had it nowhere else. */
function organizationIn(endpoint: string | undefined): string | undefined {
  const url = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url?.hostname !== 'dev.azure.com' && url?.hostname !== 'vssps.dev.azure.com') return undefined
  return url.pathname.split('/')[1]
}

function readBaseUrl(env: Environment): string | undefined {
  const given = read(env, 'PATKIT_BASE_URL')
  try {
    return given === undefined ? undefined : checkBaseUrl(given)
  } catch (error) {
    throw fault('PATKIT_BASE_URL', error instanceof Error ? error.message : 'It is no address.', '')
  }
}

function fault(field: string, problem: string, fix: string): ConfigurationError {
  return new ConfigurationError([{ field, problem, fix }])
}
