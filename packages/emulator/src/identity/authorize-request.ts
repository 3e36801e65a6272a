import { readClaimsRequest } from './claims-request.js'
import type { ClaimsRequest } from './claims-request.js'
import { findClient, missing } from './client-authentication.js'
import { isRegisteredRedirect } from './clients.js'
import type { Client } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import type { PkceChallenge } from './grants.js'
import { refuseRepeated } from './read-parameters.js'
import type { ScopeRequest } from './resources.js'
import { onlyApi, readScope } from './scopes.js'

/** Where the answer goes, and how. Nothing is sent to an address that the application has not registered. */
export interface ReturnAddress {
  readonly client: Client
  readonly redirectUri: string
  readonly responseMode: ResponseMode
  /** Given back as it came. */
  readonly state: string | null
}

export type ResponseMode = 'query' | 'fragment' | 'form_post'

export type Prompt = 'none' | 'login' | 'select_account' | 'consent' | 'create'

/** An authorization request that was found to be in order. */
export interface AuthorizeRequest {
  readonly returnTo: ReturnAddress
  readonly scope: ScopeRequest
  readonly nonce: string | null
  readonly challenge: PkceChallenge | undefined
  readonly prompt: Prompt | undefined
  readonly loginHint: string | null
  readonly sessionId: string | null
  readonly claims: ClaimsRequest
  readonly wantsClientInfo: boolean
}

/** Reads who asks and where the answer goes. Faults here are shown to the person: an unknown address gets nothing. */
export function readReturnAddress(context: IdentityContext, request: IdentityRequest): ReturnAddress {
  const { parameters } = request
  refuseRepeated(parameters, ['client_id', 'redirect_uri'])
  const clientId = parameters.get('client_id')
  if (clientId === null || clientId === '') throw missing('client_id')
  const client = findClient(context, request, clientId)
  const redirectUri = parameters.get('redirect_uri')
  if (redirectUri === null || redirectUri === '') throw missing('redirect_uri')
  if (!isRegisteredRedirect(client, redirectUri)) {
    const text = `The address ${JSON.stringify(redirectUri)} is not registered for the application ${client.clientId}.`
    throw new IdentityFailure('AADSTS50011', { text })
  }
  const mode = parameters.get('response_mode') ?? 'query'
  const responseMode = isResponseMode(mode) ? mode : 'query'
  return { client, redirectUri, responseMode, state: parameters.get('state') }
}

/** Reads the rest. Faults here go to the application. */
export function readAuthorizeRequest(
  context: IdentityContext,
  { parameters, route }: IdentityRequest,
  returnTo: ReturnAddress,
): AuthorizeRequest {
  refuseRepeated(parameters, [...parameters.keys()])
  const responseType = parameters.get('response_type')
  if (responseType === null) throw missing('response_type')
  if (responseType !== 'code') throw new IdentityFailure('AADSTS700054')
  const mode = parameters.get('response_mode')
  if (mode !== null && !isResponseMode(mode)) throw new IdentityFailure('AADSTS70007')
  const scopeText = parameters.get('scope')
  if (scopeText === null || scopeText.trim() === '') throw missing('scope')
  const scope = readScope(context, returnTo.client, scopeText)
  if (route.authority.kind === 'b2c') onlyApi(scope)
  return {
    returnTo,
    scope,
    nonce: parameters.get('nonce'),
    challenge: readChallenge(parameters),
    prompt: readPrompt(parameters.get('prompt')),
    loginHint: parameters.get('login_hint'),
    sessionId: parameters.get('sid'),
    claims: readClaimsRequest(parameters.get('claims')),
    wantsClientInfo: parameters.get('client_info') === '1',
  }
}

function readChallenge(parameters: URLSearchParams): PkceChallenge | undefined {
  const value = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method') ?? 'plain'
  if (value === null) return undefined
  if (method !== 'S256' && method !== 'plain')
    throw new IdentityFailure('AADSTS90023', { text: 'code_challenge_method must be S256 or plain.' })
  if (!/^[\w.~-]{43,128}$/.test(value)) throw new IdentityFailure('AADSTS501491')
  return { value, method }
}

function readPrompt(prompt: string | null): Prompt | undefined {
  if (prompt === null || prompt === '') return undefined
  if (isPrompt(prompt)) return prompt
  throw new IdentityFailure('AADSTS90023', { text: `prompt must be one of ${prompts.join(', ')}.` })
}

const prompts: readonly string[] = ['none', 'login', 'select_account', 'consent', 'create'] satisfies Prompt[]
const isPrompt = (text: string): text is Prompt => prompts.includes(text)
const modes: readonly string[] = ['query', 'fragment', 'form_post'] satisfies ResponseMode[]
const isResponseMode = (text: string): text is ResponseMode => modes.includes(text)
