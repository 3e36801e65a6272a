import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import type { KeyObject } from 'node:crypto'
import { announcedIssuer } from './authorities.js'
import { welcomeAt } from './clients.js'
import type { Client, TrustedIssuer } from './clients.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { IdentityFailure } from './errors.js'
import { endpointUrl, productionUrl } from './routes.js'
import type { ClientProof } from './tokens.js'

export interface AuthenticatedClient {
  readonly client: Client
  readonly proof: ClientProof
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** How far the clocks of client and service may differ. */
const toleranceSeconds = 300

/** Finds out which application is talking, and lets it prove so: by secret (form or Basic header) or by assertion. */
export async function authenticateClient(
  context: IdentityContext,
  request: IdentityRequest,
): Promise<AuthenticatedClient> {
  const basic = basicCredentials(request.headers.authorization)
  const clientId = request.parameters.get('client_id') ?? basic?.clientId
  if (clientId === undefined || clientId === '') throw missing('client_id')
  const client = findClient(context, request, clientId)
  const secret = request.parameters.get('client_secret') ?? basic?.secret
  const assertion = request.parameters.get('client_assertion')
  if (client.type === 'public') {
    if (secret !== undefined || assertion !== null) throw new IdentityFailure('AADSTS700025')
    return { client, proof: '0' }
  }
  if (assertion !== null) return { client, proof: await checkAssertion(context, request, client, assertion) }
  if (secret === undefined || secret === '') throw new IdentityFailure('AADSTS7000218')
  checkSecret(context, client, secret)
  return { client, proof: '1' }
}

/** The application, if it may be used at this authority. */
export function findClient(context: IdentityContext, { route }: IdentityRequest, clientId: string): Client {
  const client = context.clients.find(clientId)
  const welcome = client === undefined ? 'not-found' : welcomeAt(context.directory, client, route.authority)
  if (welcome === 'single-tenant-at-shared') throw new IdentityFailure('AADSTS50194')
  if (client === undefined || welcome === 'not-found') {
    const text = `The application ${JSON.stringify(clientId)} is not registered here.`
    throw new IdentityFailure('AADSTS700016', { text })
  }
  return client
}

export const missing = (parameter: string): IdentityFailure =>
  new IdentityFailure('AADSTS900144', { text: `The request must have the parameter ${parameter}.` })

function checkSecret(context: IdentityContext, client: Client, secret: string): void {
  const check = context.clients.checkSecret(client, secret, context.clock.now())
  if (check === 'wrong') throw new IdentityFailure('AADSTS7000215')
  if (check === 'expired') throw new IdentityFailure('AADSTS7000222')
}

async function checkAssertion(
  context: IdentityContext,
  request: IdentityRequest,
  client: Client,
  assertion: string,
): Promise<ClientProof> {
  if (request.parameters.get('client_assertion_type') !== assertionType)
    throw new IdentityFailure('AADSTS90014', { text: `client_assertion_type must be ${assertionType}.` })
  const { thumbprint, payload } = decode(assertion)
  const certificate = client.certificates.find(({ thumbprints }) => thumbprints.includes(thumbprint))
  if (certificate !== undefined) await checkOwnAssertion(context, request, client, certificate.key, assertion)
  else if (payload.iss === client.clientId) throw new IdentityFailure('AADSTS700027')
  else await checkFederatedAssertion(context, client, payload, assertion)
  return '2'
}

/** Reads, without trusting it yet, what tells which key and which issuer the assertion claims. */
function decode(assertion: string): { thumbprint: string; payload: JWTPayload } {
  try {
    const header: { x5t?: unknown; 'x5t#S256'?: unknown; kid?: unknown } = decodeProtectedHeader(assertion)
    const thumbprint = header['x5t#S256'] ?? header.x5t ?? header.kid
    return { thumbprint: typeof thumbprint === 'string' ? thumbprint : '', payload: decodeJwt(assertion) }
  } catch {
    throw new IdentityFailure('AADSTS700027', { text: 'The client assertion is not a JSON Web Token.' })
  }
}

async function checkOwnAssertion(
  context: IdentityContext,
  request: IdentityRequest,
  client: Client,
  key: KeyObject,
  assertion: string,
): Promise<void> {
  const payload = await verify(context, assertion, key, ['PS256', 'RS256'])
  const accepted = assertionAudiences(request)
  if (!audiencesOf(payload).some((audience) => accepted.includes(audience.toLowerCase())))
    throw new IdentityFailure('AADSTS700023')
  if (payload.iss !== client.clientId || payload.sub !== client.clientId)
    throw new IdentityFailure('AADSTS700027', {
      text: 'Issuer and subject of the client assertion must be the client id.',
    })
}

/** The endpoint as the caller sees it, the same at the real service by id and as it was written, and the issuer. */
function assertionAudiences({ route, arrival }: IdentityRequest): readonly string[] {
  const written = arrival.url.pathname.toLowerCase().replace(`/${route.host}/`, '/')
  const { origin } = new URL(route.address)
  return [
    endpointUrl(route, 'token'),
    `${origin}${arrival.url.pathname.toLowerCase()}`,
    productionUrl(route.authority, 'token'),
    `https://${route.host}${written}`,
    announcedIssuer(route.authority),
  ]
}

async function checkFederatedAssertion(
  context: IdentityContext,
  client: Client,
  { iss, sub }: JWTPayload,
  assertion: string,
): Promise<void> {
  const trusted = client.federatedCredentials.find(({ issuer, subject }) => issuer === iss && subject === sub)
  if (trusted === undefined) throw new IdentityFailure('AADSTS700213')
  const payload = await verifyWithAny(context, assertion, trusted)
  if (!audiencesOf(payload).includes(trusted.audience)) throw new IdentityFailure('AADSTS700213')
}

async function verifyWithAny(
  context: IdentityContext,
  assertion: string,
  { keys }: TrustedIssuer,
): Promise<JWTPayload> {
  let failure = new IdentityFailure('AADSTS700027')
  for (const key of keys)
    try {
      return await verify(context, assertion, key, ['RS256', 'PS256', 'ES256'])
    } catch (error) {
      if (!(error instanceof IdentityFailure)) throw error
      failure = error
    }
  throw failure
}

async function verify(
  { clock }: IdentityContext,
  assertion: string,
  key: KeyObject,
  algorithms: string[],
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, key, {
      algorithms,
      currentDate: new Date(clock.now()),
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp', 'aud'],
    })
    return payload
  } catch (error) {
    throw new IdentityFailure(isOutsideItsTime(error) ? 'AADSTS700024' : 'AADSTS700027')
  }
}

const isOutsideItsTime = (error: unknown): boolean =>
  error instanceof errors.JWTExpired || (error instanceof errors.JWTClaimValidationFailed && error.claim === 'nbf')

const audiencesOf = ({ aud = [] }: JWTPayload): readonly string[] => (typeof aud === 'string' ? [aud] : aud)

/** RFC 6749, section 2.3.1: both halves are form-encoded before they are joined. */
function basicCredentials(header: string | string[] | undefined): { clientId: string; secret: string } | undefined {
  const encoded = typeof header === 'string' ? /^basic (.+)$/i.exec(header)?.[1] : undefined
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const colon = text.indexOf(':')
  if (colon === -1) return undefined
  return { clientId: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) }
}

const formDecoded = (text: string): string => new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? ''
