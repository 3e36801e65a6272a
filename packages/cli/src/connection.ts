import type { Clock, Credential, DevOpsClient, TokenCredential } from '@patkit/core'
import type { Command } from 'commander'
import { usageError } from './command-error.js'
import { createCredential, findTokenSource, type TokenSource } from './credential.js'
import type { CommandContext } from './context.js'
import { variable } from './io.js'
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

const defaultTimeoutSeconds = '30'

/** Adds the options that every command has which talks to the service. */
export function addConnectionOptions(command: Command): Command {
  return command
    .option('--org <name>', 'organization: the part after dev.azure.com/ (or PATKIT_ORG)')
    .option('--token-command <command>', 'shell command that prints an access token (or PATKIT_TOKEN_COMMAND)')
    .option('--timeout <seconds>', 'for each try of a request, its answer included', defaultTimeoutSeconds)
    .option('--quiet', 'say nothing but what somebody has to act on')
    .option('--base-url <url>', 'another address of the service, such as an emulator (or PATKIT_BASE_URL)')
    .helpOption('-h, --help', 'show this help')
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
 * Checks everything about the connection that can be checked without asking the service, and gets the first access token.
 *
 * @throws {@link CommandError} With exit code 2 for what does not fit, 4 when there is no access token.
 */
export async function connect(raw: RawConnection, context: CommandContext): Promise<Connection> {
  const { io, interrupt, redactor, version } = context
  const place = await readPlace(raw, context)
  const tryMs = 1000 * wholeNumber('--timeout', raw.timeout ?? defaultTimeoutSeconds, 1, 3600)
  if (raw.tokenCommand?.trim() === '') {
    throw usageError('--token-command is empty.', 'Give a command that prints an access token.')
  }
  const source = findTokenSource(raw.tokenCommand, io.env, () => readLogin(io))
  const { AZURE_DEVOPS_SCOPE, DevOpsClient, systemClock } = await import('@patkit/core')
  const clock = io.clock ?? systemClock
  const credential = await createCredential(source, { ...io, clock, redactor, signal: interrupt.signal })
  const watched = watchAccount(credential, AZURE_DEVOPS_SCOPE, interrupt.signal)
  const client = new DevOpsClient({
    organization: place.organization,
    baseUrl: place.baseUrl,
    credential: watched.credential,
    clock,
    userAgent: `patkit-cli/${version}`,
    // Longer tries must not use up the time of the whole call before the last of them.
    timeouts: { tryMs, callMs: Math.max(120_000, 4 * tryMs) },
  })
  return { client, ...place, source, clock, account: watched.account }
}

async function readPlace(
  raw: RawConnection,
  { io: { env } }: CommandContext,
): Promise<{ readonly organization: string; readonly baseUrl: string }> {
  const organization = raw.org ?? variable(env, 'PATKIT_ORG')
  if (organization === undefined) {
    throw usageError(
      'The organization is missing.',
      'Give --org NAME, the part after dev.azure.com/ (or set PATKIT_ORG).',
    )
  }
  const { AZURE_DEVOPS_IDENTITY_URL, checkBaseUrl, checkOrganization } = await import('@patkit/core')
  try {
    return {
      organization: checkOrganization(organization),
      baseUrl: checkBaseUrl(raw.baseUrl ?? variable(env, 'PATKIT_BASE_URL') ?? AZURE_DEVOPS_IDENTITY_URL),
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw usageError(error.message.replace(/^organization/, '--org').replace(/^baseUrl/, '--base-url'))
  }
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
