import type { Clock, Credential } from '@patkit/core'
import { signInError } from './command-error.js'
import { variable, type Environment, type Io } from './io.js'
import { keptCredential } from './login.js'
import { openLogin, type LoginRecord } from './login-store.js'
import type { Redactor } from './redact.js'
import { looksLikeToken, runTokenCommand } from './token-command.js'

/** Milliseconds a token command has. */
const tokenCommandTimeoutMs = 60_000

/** The Azure DevOps resource in Entra ID, whose tokens the service accepts. */
const azureDevOpsResource = '499b84ac-1321-427f-aa17-267ca6975798'

/** The token command of the Azure CLI, with which nothing has to be registered. */
export const azCommand = `az account get-access-token --resource ${azureDevOpsResource} --query accessToken -o tsv`

/** Where the access token comes from. */
export type TokenSource =
  | { readonly kind: 'command'; readonly command: string; readonly from: '--token-command' | 'PATKIT_TOKEN_COMMAND' }
  | { readonly kind: 'token'; readonly token: string; readonly from: 'PATKIT_ACCESS_TOKEN' }
  | { readonly kind: 'pat'; readonly pat: string; readonly from: 'AZURE_DEVOPS_EXT_PAT' }
  | { readonly kind: 'login'; readonly login: LoginRecord; readonly from: 'patkit login' }

/**
 * Finds the access token: the first of `--token-command`, `PATKIT_TOKEN_COMMAND`, `PATKIT_ACCESS_TOKEN`, `AZURE_DEVOPS_EXT_PAT`, and
 * the sign-in that `patkit login` kept.
 *
 * @param kept - Looks for the kept sign-in; asked last, and only if nothing else is set.
 * @throws {@link CommandError} With exit code 4 when there is none.
 */
export function findTokenSource(
  tokenCommand: string | undefined,
  env: Environment,
  kept: () => LoginRecord | undefined = () => undefined,
): TokenSource {
  if (tokenCommand !== undefined) return { kind: 'command', command: tokenCommand, from: '--token-command' }
  const command = variable(env, 'PATKIT_TOKEN_COMMAND')
  if (command !== undefined) return { kind: 'command', command, from: 'PATKIT_TOKEN_COMMAND' }
  const token = variable(env, 'PATKIT_ACCESS_TOKEN')
  if (token !== undefined)
    return { kind: 'token', token: checkToken(token, 'PATKIT_ACCESS_TOKEN'), from: 'PATKIT_ACCESS_TOKEN' }
  const pat = variable(env, 'AZURE_DEVOPS_EXT_PAT')
  if (pat !== undefined)
    return { kind: 'pat', pat: checkToken(pat, 'AZURE_DEVOPS_EXT_PAT'), from: 'AZURE_DEVOPS_EXT_PAT' }
  const login = kept()
  if (login !== undefined) return { kind: 'login', login, from: 'patkit login' }
  throw signInError(
    'No access token.',
    `Run patkit login, or add --token-command ${JSON.stringify(azCommand)}, or set PATKIT_TOKEN_COMMAND, PATKIT_ACCESS_TOKEN or AZURE_DEVOPS_EXT_PAT.`,
  )
}

function checkToken(value: string, name: string): string {
  const token = value.trim()
  if (looksLikeToken(token)) return token
  const hint = /^(?:Bearer|Basic) /i.test(token)
    ? 'Leave out the word before it.'
    : 'Give the token alone, on one line.'
  throw signInError(`${name} holds no token: there are spaces or control characters in it.`, hint)
}

/** The source in the words of the plan. Never the token, and not the command, which may hold a password. */
export function describeSource(source: TokenSource): string {
  switch (source.kind) {
    case 'command':
      return `access token by ${source.from}`
    case 'login': {
      const { who, emulator } = source.login
      return `access token of ${who} by ${source.from}${emulator === undefined ? '' : ` at the emulator ${emulator}`}`
    }
    default:
      return `access token from ${source.from}`
  }
}

/** What a credential is made with. */
export interface CredentialSurroundings extends Pick<Io, 'cwd' | 'env' | 'platform' | 'homeDirectory' | 'keychain'> {
  readonly clock: Clock
  readonly redactor: Redactor
  /** Stops waiting for the first token. */
  readonly signal: AbortSignal
}

/**
 * Makes a credential of a token source.
 *
 * A command is run once at once, so that its failure is known before anything else begins, and again whenever the token is refused
 * or near its end.
 *
 * @throws SignInRequiredError of `@patkit/core`, here or when the credential is asked, when there is no token to be had.
 */
export async function createCredential(source: TokenSource, surroundings: CredentialSurroundings): Promise<Credential> {
  switch (source.kind) {
    case 'pat':
      return { pat: source.pat }
    case 'token':
      return staticToken(source.token, surroundings.clock)
    case 'command':
      return commandToken(source.command, surroundings)
    case 'login':
      return loginToken(source.login, surroundings)
    default: {
      const unreachable: never = source
      throw new TypeError(`unknown token source ${JSON.stringify(unreachable)}`)
    }
  }
}

async function staticToken(token: string, clock: Clock): Promise<Credential> {
  const { SignInRequiredError } = await import('@patkit/core')
  const hint = 'Get a new one. With --token-command patkit asks for it itself, also in the middle of a long report.'
  const expiry = expiryOf(token)
  if (expiry !== undefined && expiry <= clock.now()) {
    throw signInError(`The access token in PATKIT_ACCESS_TOKEN expired at ${new Date(expiry).toISOString()}.`, hint)
  }
  return ({ forceRefresh, claims }) => {
    if (!forceRefresh) return token
    throw new SignInRequiredError('The service does not accept the access token in PATKIT_ACCESS_TOKEN (any more).', {
      status: 401,
      hint,
      ...(claims === undefined ? {} : { claims }),
    })
  }
}

async function commandToken(command: string, surroundings: CredentialSurroundings): Promise<Credential> {
  const { SignInRequiredError } = await import('@patkit/core')
  const ask = async (signal: AbortSignal): Promise<string> => {
    const result = await runTokenCommand({ ...surroundings, command, timeoutMs: tokenCommandTimeoutMs, signal })
    if ('failure' in result) throw new SignInRequiredError(result.failure.message, { hint: result.failure.hint })
    surroundings.redactor.add(result.token)
    return result.token
  }
  let first: string | undefined = await ask(surroundings.signal)
  return async ({ forceRefresh, signal }) => {
    const ready = forceRefresh ? undefined : first
    first = undefined
    return ready ?? ask(signal)
  }
}

/** The first token is asked for at once, so that a sign-in that has ended is known before anything else begins. */
async function loginToken(login: LoginRecord, surroundings: CredentialSurroundings): Promise<Credential> {
  const { AZURE_DEVOPS_SCOPE } = await import('@patkit/core')
  const { clock, signal } = surroundings
  const credential = await keptCredential(login, await openLogin(login, surroundings, clock), clock)
  await credential.getToken(AZURE_DEVOPS_SCOPE, { abortSignal: signal })
  return credential
}

/** When a JWT ends, in milliseconds since 1970; `undefined` for any other token. Not trusted: the service decides. */
export function expiryOf(token: string): number | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    const expiry = typeof claims === 'object' && claims !== null && 'exp' in claims ? claims.exp : undefined
    return typeof expiry === 'number' ? expiry * 1000 : undefined
  } catch {
    return undefined
  }
}
