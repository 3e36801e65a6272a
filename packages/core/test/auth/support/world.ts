import {
  createTestClock,
  sampleIds,
  sampleScopes,
  sampleSecret,
  SignInBrowser,
  startIdentityServer,
  type HttpsAddress,
  type IdentityHalf,
  type IdentityKnobs,
  type IdentityServerOptions,
  type SignInChoices,
  type TestClock,
} from '@patkit/emulator'
import { inspect } from 'node:util'
import { onTestFinished } from 'vitest'
import {
  AuthClient,
  AZURE_DEVOPS_SCOPE,
  b2c,
  externalId,
  multiTenant,
  singleTenant,
  type AccessToken,
  type Account,
  type Authority,
  type AuthClientOptions,
  type SignedIn,
  type SignInResult,
  type StartSignInOptions,
} from '../../../src/index.js'

export { sampleIds, sampleScopes, sampleSecret, SignInBrowser }
export type { IdentityHalf, IdentityKnobs, SignInChoices }

export const redirectUri = 'http://localhost:5000/getAToken'

/** An authority of the emulator's sample directory, with an application and somebody who may use it. */
export interface Place {
  readonly authority: Authority
  readonly clientId: string
  readonly person: string
  readonly otherPerson: string
  readonly scope: string
}

const contoso = {
  person: 'alice@contoso.onmicrosoft.com',
  otherPerson: 'bob@contoso.onmicrosoft.com',
  scope: AZURE_DEVOPS_SCOPE,
}
const customer = { person: 'carol@customer.example', otherPerson: 'gina@gmail.example', scope: sampleScopes.b2c }
const woodgrove = {
  person: 'wendy@customer.example',
  otherPerson: 'wanda@customer.example',
  scope: sampleScopes.external,
}
const userFlows = { signUpSignIn: 'B2C_1_susi', editProfile: 'B2C_1_edit', resetPassword: 'B2C_1_reset' }
const { contosoTenant, externalTenant } = sampleIds

/** One of every kind of authority. */
export const places = {
  'one tenant by id': {
    ...contoso,
    authority: singleTenant({ tenant: contosoTenant }),
    clientId: sampleIds.singleTenantClient,
  },
  'one tenant by domain': {
    ...contoso,
    authority: singleTenant({ tenant: 'contoso.onmicrosoft.com' }),
    clientId: sampleIds.singleTenantClient,
  },
  'organizations on a list': {
    ...contoso,
    authority: multiTenant({ audience: 'organizations', allowedTenants: [contosoTenant] }),
    clientId: sampleIds.multiTenantClient,
  },
  'any account': {
    ...contoso,
    authority: multiTenant({ audience: 'common', allowedTenants: 'any' }),
    clientId: sampleIds.multiTenantClient,
  },
  'personal accounts': {
    authority: multiTenant({ audience: 'consumers' }),
    clientId: sampleIds.multiTenantClient,
    person: 'dana@outlook.example',
    otherPerson: 'dora@outlook.example',
    scope: 'https://graph.microsoft.com/User.Read',
  },
  B2C: { ...customer, authority: b2c({ tenantName: 'fabrikamb2c', userFlows }), clientId: sampleIds.b2cClient },
  'B2C at a custom domain': {
    ...customer,
    authority: b2c({ tenantName: 'fabrikamb2c', userFlows, domain: 'login.fabrikam.example' }),
    clientId: sampleIds.b2cClient,
  },
  'External ID': {
    ...woodgrove,
    authority: externalId({ tenantName: 'woodgrove', tenantId: externalTenant }),
    clientId: sampleIds.externalClient,
  },
  'External ID at a custom domain': {
    ...woodgrove,
    authority: externalId({ tenantName: 'woodgrove', tenantId: externalTenant, domain: 'login.woodgrove.example' }),
    clientId: sampleIds.externalClient,
  },
} as const satisfies Record<string, Place>

export type PlaceName = keyof typeof places
export const placeNames = Object.keys(places) as PlaceName[]

/** An emulated sign-in service and an application at it, on one clock that only the test moves. */
export interface AuthWorld {
  readonly url: string
  readonly identity: IdentityHalf
  /** Only when the server was asked to speak https too. */
  readonly https: HttpsAddress | undefined
  readonly clock: TestClock
  readonly place: Place
  readonly auth: AuthClient
  /** Everything the client logged. */
  readonly logged: string[]
  /** Another client of the same application, such as one on another server. */
  readonly client: (options?: Partial<AuthClientOptions>) => AuthClient
  readonly browser: SignInBrowser
  /** Goes the whole way through the pages, as the place's person. */
  readonly finish: (start?: StartSignInOptions, choices?: SignInChoices) => Promise<SignInResult>
  /** The same, where the person must be signed in at the end. */
  readonly signIn: (start?: StartSignInOptions, choices?: SignInChoices) => Promise<SignedIn>
}

/** Starts a world that ends with the test. */
export async function startAuthWorld(
  name: PlaceName = 'one tenant by id',
  options: Partial<AuthClientOptions> = {},
  server: IdentityServerOptions = {},
  startIso = new Date().toISOString(),
): Promise<AuthWorld> {
  const place: Place = places[name]
  const clock = createTestClock(startIso)
  const running = await startIdentityServer({ clock, ...server })
  onTestFinished(() => running.close())
  const { https, identity, url } = running
  addOtherPeople(identity)
  const logged: string[] = []
  const log = (message: string): void => void logged.push(message)
  const client = (more: Partial<AuthClientOptions> = {}): AuthClient =>
    new AuthClient({
      authority: place.authority,
      clientId: place.clientId,
      credential: { secret: sampleSecret },
      redirectUri,
      emulator: { origin: url },
      clock,
      random: () => 1,
      logger: { debug: log, warn: log },
      ...options,
      ...more,
    })
  const auth = client()
  const browser = new SignInBrowser(url)
  const finish: AuthWorld['finish'] = (start, choices) => goThrough(auth, browser, place, start, choices)
  const signIn: AuthWorld['signIn'] = async (start, choices) => expectSignedIn(await finish(start, choices))
  return { url, identity, https, clock, place, auth, logged, client, browser, finish, signIn }
}

/** Somebody for a second browser where the sample directory has only one person. */
function addOtherPeople(identity: IdentityHalf): void {
  identity.addPerson({ tenant: 'woodgrove', userPrincipalName: 'wanda@customer.example', displayName: 'Wanda Ward' })
  identity.addPerson({ tenant: 'live.com', userPrincipalName: 'dora@outlook.example', displayName: 'Dora Dean' })
}

/** From the start of a sign-in to its end, through the emulator's pages. The transaction goes through JSON, as in a session. */
export async function goThrough(
  auth: AuthClient,
  browser: SignInBrowser,
  place: Place,
  start: StartSignInOptions = {},
  choices: SignInChoices = {},
): Promise<SignInResult> {
  const { url, transaction } = await auth.startSignIn({ scopes: [place.scope], ...start })
  const end = await browser.signIn(url, { person: place.person, ...choices })
  return auth.finishSignIn(end.url, throughJson(transaction))
}

export function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown
}

export function expectSignedIn(result: SignInResult): SignedIn {
  if (result.kind === 'signed-in') return result
  throw new Error(`nobody signed in: ${inspect(result, { depth: 5 })}`)
}

/** The person in an access token of the emulator. */
export function personIn(token: AccessToken | null): unknown {
  return claimsIn(token).oid
}

/** What is in an access token of the emulator. */
export function claimsIn(token: AccessToken | null): Record<string, unknown> {
  const payload = Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString()
  return JSON.parse(payload) as Record<string, unknown>
}

export type { Account }
