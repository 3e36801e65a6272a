import type { Clock, Credential, DevOpsClient, TokenCredential } from '@patkit/core'
import type { Command } from 'commander'
import { usageError } from './command-error.js'
import { createCredential, findTokenSource, type TokenSource } from './credential.js'
import type { CommandContext } from './context.js'
import { variable, type Environment } from './io.js'
import { readLogin } from './login-store.js'
import { wholeNumber } from './options.js'

/** How to reach the organization, as it was typed. */
export interface RawConnection {
  readonly org?: string
  readonly baseUrl?: string
  readonly tokenCommand?: string
  readonly timeout?: string
  readonly quiet?: true
}

/** An option as commander takes it: how it is typed, what it is for, what it is without. */
type OptionWords = readonly [flags: string, description: string, byDefault?: string]

const defaultTimeoutSeconds = '30'

const options: Readonly<Record<keyof RawConnection, OptionWords>> = {
  org: ['--org <name>', 'organization: the part after dev.azure.com/ (or PATKIT_ORG)'],
  tokenCommand: ['--token-command <command>', 'shell command that prints an access token (or PATKIT_TOKEN_COMMAND)'],
  timeout: ['--timeout <seconds>', 'for each try of a request, its answer included', defaultTimeoutSeconds],
  quiet: ['--quiet', 'say nothing but what somebody has to act on'],
  baseUrl: ['--base-url <url>', 'another address of the service, such as an emulator (or PATKIT_BASE_URL)'],
}

const allOptions = Object.keys(options) as readonly (keyof RawConnection)[]

/** Adds the options that every command has which talks to the service, or those that are named, in that order. */
export function addConnectionOptions(command: Command, names: readonly (keyof RawConnection)[] = allOptions): Command {
  for (const name of names) command.option(...options[name])
  return command
}

/** How to reach the organization: every value is known to make sense by itself. */
export interface ConnectionSettings {
  readonly organization: string
  /** Another address than the service's own. */
  readonly baseUrl: string | undefined
  readonly tokenCommand: string | undefined
  /** Milliseconds one try of a request may take, its body included. */
  readonly tryTimeoutMs: number
}

/**
 * Reads the options of a connection. Loads nothing; organization and base URL are judged by {@link checkConnection}.
 *
 * @throws {@link CommandError} With exit code 2 for the first value that makes no sense.
 */
export function readConnectionOptions(raw: RawConnection, env: Environment): ConnectionSettings {
  const organization = raw.org ?? variable(env, 'PATKIT_ORG')
  if (organization === undefined) {
    throw usageError(
      'The organization is missing.',
      'Give --org NAME, the part after dev.azure.com/ (or set PATKIT_ORG).',
    )
  }
  if (raw.tokenCommand?.trim() === '') {
    throw usageError('--token-command is empty.', 'Give a command that prints an access token.')
  }
  return {
    organization,
    baseUrl: raw.baseUrl ?? variable(env, 'PATKIT_BASE_URL'),
    tokenCommand: raw.tokenCommand,
    tryTimeoutMs: 1000 * wholeNumber('--timeout', raw.timeout ?? defaultTimeoutSeconds, 1, 3600),
  }
}

/** A connection about which everything is known that can be known before anybody is asked. */
export interface CheckedConnection {
  readonly organization: string
  readonly baseUrl: string
  readonly source: TokenSource
  readonly tryTimeoutMs: number
}

/**
 * Checks organization and address by the rules of `@patkit/core`, and finds out where the access token will come from. Sends
 * nothing and runs no token command.
 *
 * @throws {@link CommandError} With exit code 2 for what does not fit, 4 when there is no access token.
 */
export async function checkConnection(
  { organization, baseUrl, tokenCommand, tryTimeoutMs }: ConnectionSettings,
  { io }: CommandContext,
): Promise<CheckedConnection> {
  const { AZURE_DEVOPS_IDENTITY_URL, checkBaseUrl, checkOrganization } = await import('@patkit/core')
  const place = inOptions(() => ({
    organization: checkOrganization(organization),
    baseUrl: checkBaseUrl(baseUrl ?? AZURE_DEVOPS_IDENTITY_URL),
  }))
  return { ...place, source: findTokenSource(tokenCommand, io.env, () => readLogin(io)), tryTimeoutMs }
}

/** Says what is wrong in terms of the options that it came from. */
function inOptions<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw usageError(error.message.replace(/^organization/, '--org').replace(/^baseUrl/, '--base-url'))
  }
}

/** An organization that can be asked. Nothing has been sent yet. */
export interface Connection {
  readonly client: DevOpsClient
  readonly organization: string
  readonly baseUrl: string
  readonly source: TokenSource
  readonly clock: Clock
  /** The account the access token names; `null` where it names none. Asks for a token if there was no need for one so far. */
  readonly account: () => Promise<string | null>
}

/**
 * Gets the first access token for a checked connection.
 *
 * @throws {@link CommandError} With exit code 4 when there is none to be had.
 */
export async function openConnection(checked: CheckedConnection, context: CommandContext): Promise<Connection> {
  const { io, interrupt, redactor, version } = context
  const { organization, baseUrl, source, tryTimeoutMs } = checked
  const { AZURE_DEVOPS_SCOPE, DevOpsClient, systemClock } = await import('@patkit/core')
  const clock = io.clock ?? systemClock
  const credential = await createCredential(source, { ...io, clock, redactor, signal: interrupt.signal })
  const watched = watchAccount(credential, AZURE_DEVOPS_SCOPE, interrupt.signal)
  const client = new DevOpsClient({
    organization,
    baseUrl,
    credential: watched.credential,
    clock,
    userAgent: `patkit-cli/${version}`,
    // Longer tries must not use up the time of the whole call before the last of them.
    timeouts: { tryMs: tryTimeoutMs, callMs: Math.max(120_000, 4 * tryTimeoutMs) },
  })
  return { client, organization, baseUrl, source, clock, account: watched.account }
}

/** Checks a connection and opens it. */
export async function connect(raw: RawConnection, context: CommandContext): Promise<Connection> {
  const checked = await checkConnection(readConnectionOptions(raw, context.io.env), context)
  return openConnection(checked, context)
}

interface WatchedCredential {
  readonly credential: Credential
  readonly account: () => Promise<string | null>
}

/**
 * A credential that remembers whom its tokens name, for records of who did what. A token that was asked for only to know that is
 * handed out to the first request, so that nobody is asked twice.
 */
function watchAccount(inner: Credential, scope: string, signal: AbortSignal): WatchedCredential {
  let account: string | null | undefined
  const note = <T extends string | { readonly token: string } | null>(token: T): T => {
    if (token !== null) account = accountIn(textOf(token))
    return token
  }
  if ('pat' in inner) return { credential: inner, account: () => Promise.resolve(null) }
  if (typeof inner !== 'function') {
    const credential: TokenCredential = { getToken: async (...request) => note(await inner.getToken(...request)) }
    return {
      credential,
      account: async () => {
        if (account !== undefined) return account
        const token = await credential.getToken(scope, { abortSignal: signal })
        return token === null ? null : accountIn(textOf(token))
      },
    }
  }
  let ready: ReturnType<typeof inner> | undefined
  return {
    credential: async (request) => {
      const token = request.forceRefresh || ready === undefined ? inner(request) : ready
      ready = undefined
      return note(await token)
    },
    account: async () => {
      if (account !== undefined) return account
      ready = Promise.resolve(inner({ forceRefresh: false, claims: undefined, signal })).then(note)
      return accountIn(textOf(await ready))
    },
  }
}

function textOf(token: string | { readonly token: string }): string {
  return typeof token === 'string' ? token : token.token
}

/** Whom a JWT is about. Written to a log beside who is logged in here; nothing is decided by it. */
export function accountIn(token: string): string | null {
  const claims = claimsIn(token)
  const name = ['upn', 'unique_name', 'preferred_username', 'oid', 'appid'].map((claim) => claims.get(claim))
  return name.find((value): value is string => typeof value === 'string' && value !== '') ?? null
}

/** The claims of a JWT, which nobody has checked; none for any other token. */
export function claimsIn(token: string): ReadonlyMap<string, unknown> {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return new Map<string, unknown>(typeof claims === 'object' && claims !== null ? Object.entries(claims) : [])
  } catch {
    return new Map()
  }
}
