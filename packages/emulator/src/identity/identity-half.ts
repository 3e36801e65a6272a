import type { IncomingMessage, ServerResponse } from 'node:http'
import { systemClock } from '../clock.js'
import { createActions, everyoneNamed } from './actions.js'
import type { IdentityActions } from './actions.js'
import { knownHosts } from './authorities.js'
import { ClientRegistry } from './clients.js'
import type { ClientSecretSeed, ClientSeed } from './clients.js'
import { Consents } from './consents.js'
import type { IdentityContext } from './context.js'
import { Directory } from './directory.js'
import type { Person, PersonSeed } from './directory.js'
import { Edge } from './edge.js'
import { ExpiringMap } from './expiring-map.js'
import { Faults } from './faults.js'
import { GrantStore } from './grants.js'
import { graphHost } from './graph/answer-graph.js'
import { GraphApplications } from './graph/applications.js'
import { createIds } from './ids.js'
import { issueFor } from './issue-for.js'
import type { IssueOrder } from './issue-for.js'
import { KeyRing } from './keys.js'
import { Knobs } from './knobs.js'
import type { IdentityKnobs } from './knobs.js'
import { RequestLog } from './request-log.js'
import { azureDevOpsResource, graphResource, ResourceRegistry } from './resources.js'
import { sampleDirectory } from './sample-directory.js'
import type { DirectorySeed } from './sample-directory.js'
import { BrowserSessions } from './sessions.js'
import type { IdentityClock } from './time.js'
import { AccessTokenVerifier } from './verify-access-token.js'
import type { TokenCheck } from './verify-access-token.js'

/** What an identity half is made of. Lists that are not given are those of {@link sampleDirectory}; one that is given replaces its. */
export interface IdentityOptions extends Partial<DirectorySeed> {
  /** Where people and programs reach the emulator, such as `http://localhost:5100`. Asked anew for every request. */
  readonly origin: () => string
  /** Default: the machine's clock. */
  readonly clock?: IdentityClock
  /** The same seed and the same requests give the same codes, ids and opaque tokens. Default: `1`. */
  readonly seed?: string | number
  /** Settings to start with, and to come back to by `knobs.reset()`. */
  readonly knobs?: Partial<IdentityKnobs>
}

/** A local stand-in for Entra ID, Azure AD B2C and External ID, to be mounted in a server of `node:http`. */
export interface IdentityHalf extends IdentityActions {
  /**
   * Answers a request if it is one of the identity half's, and says whether it was.
   *
   * @param url - The request's address; only path and query are read.
   */
  handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean>
  /** Checks the access token of a request to Azure DevOps: accepted are exactly those issued for it. */
  verifyAccessToken(token: string): Promise<TokenCheck>
  /** Makes an access token without a sign-in; for Azure DevOps unless the order says otherwise. */
  issueFor(order: IssueOrder): Promise<string>
  readonly knobs: Pick<Knobs, 'current' | 'set' | 'reset'>
  readonly faults: Pick<Faults, 'add' | 'clear' | 'pending'>
  /** What was asked, without any secret. */
  readonly requests: Pick<RequestLog, 'list' | 'clear'>
  registerClient(seed: ClientSeed): void
  /** Adds a secret beside those the application has. */
  addSecret(clientId: string, secret: ClientSecretSeed): void
  addPerson(seed: PersonSeed): Person
  /** The people of this object id or sign-in name; one for each tenant they are in. */
  findPeople(person: string): readonly Person[]
  /** Deletes the accounts of this object id or sign-in name: their refresh tokens stop working. */
  removePeople(person: string): void
  /** Every host of the real services that is stood in for. */
  readonly hosts: readonly string[]
  /** Ends waits and held answers. The server around it is its owner's to close. */
  close(): void
}

/**
 * Makes an identity half.
 *
 * @throws TypeError if a seed contradicts itself: twice the same person, an unknown tenant, an id that is no GUID, an unknown knob.
 */
export function createIdentityHalf(options: IdentityOptions): IdentityHalf {
  const context = createContext(options)
  const { clients, directory, faults, knobs, resources } = context
  const azureDevOps = resources.byId(azureDevOpsResource)
  const devOpsVerifier = new AccessTokenVerifier(context, azureDevOps === undefined ? [] : [azureDevOps])
  const apiVerifier = new AccessTokenVerifier(context, resources.servedHere())
  const microsoftGraph = resources.byId(graphResource)
  const graphVerifier = new AccessTokenVerifier(context, microsoftGraph === undefined ? [] : [microsoftGraph])
  const graph = { applications: new GraphApplications(context), verifier: graphVerifier }
  const actions = createActions(context, [devOpsVerifier, apiVerifier, graphVerifier])
  const log = new RequestLog()
  const edge = new Edge({ context, actions, apiVerifier, graph, log, origin: options.origin })
  return {
    ...actions,
    knobs,
    faults,
    requests: log,
    hosts: [...knownHosts(directory), graphHost],
    handle: (request, response, url) => edge.handle(request, response, url),
    verifyAccessToken: (token) => devOpsVerifier.verify(token),
    issueFor: (order) => issueFor(context, order),
    registerClient: (seed) => clients.register(seed),
    addSecret: (clientId, secret) => clients.addSecret(clientId, secret),
    addPerson: (seed) => directory.add(seed),
    findPeople: (person) => everyoneNamed(context, person),
    removePeople: (person) => {
      for (const one of everyoneNamed(context, person)) directory.remove(one)
    },
    close: () => edge.close(),
  }
}

function createContext({ clock = systemClock, seed = 1, knobs = {}, ...given }: IdentityOptions): IdentityContext {
  const sample = sampleDirectory()
  const directory = new Directory(given.tenants ?? sample.tenants, given.people ?? sample.people)
  const ids = createIds(String(seed))
  return {
    clock,
    ids,
    directory,
    clients: new ClientRegistry(directory, given.clients ?? sample.clients),
    resources: new ResourceRegistry(directory, given.resources ?? sample.resources),
    consents: new Consents(),
    keys: new KeyRing(),
    knobs: new Knobs(knobs),
    faults: new Faults(),
    grants: new GrantStore(clock, ids),
    sessions: new BrowserSessions(clock, ids),
    interactions: new ExpiringMap(clock, 1_000),
  }
}
