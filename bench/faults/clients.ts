import { existsSync, readFileSync } from 'node:fs'
import { DevOpsClient, version } from '@patkit/core'
import { authorizationId } from './server.js'

/** What the benchmark does with each client, as its documentation shows it and with its defaults. */
export interface Client {
  /** Reads the users. Gives what the client gives. */
  get(signal?: AbortSignal): Promise<unknown>
  /** Creates a personal access token. */
  create(): Promise<unknown>
  /** Revokes one. */
  remove(): Promise<unknown>
}

/** A client to be measured. */
export interface Contender {
  readonly name: string
  /** `undefined` when it is not installed. */
  readonly version: string | undefined
  connect(url: string): Promise<Client>
}

const token = 'token-of-the-benchmark'
const organization = 'fabrikam'
const usersPath = `/${organization}/_apis/graph/users`
const patsPath = `/${organization}/_apis/tokens/pats`
const onePatPath = `${patsPath}?authorizationId=${authorizationId}`
const newPat = { displayName: 'ci', scope: 'vso.code', validTo: '2027-01-01T00:00:00Z', allOrgs: false }
const authorization = `Bearer ${token}`

/** For clients that hand every status to the caller, who then has to look at it. */
class StatusError extends Error {
  override readonly name = 'status'
  constructor(status: number) {
    super(`HTTP ${status}`)
  }
}

function look(status: number): void {
  if (status >= 300) throw new StatusError(status)
}

/** The text as JSON, or as it is: such a client leaves that to the caller. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

const ours: Contender = {
  name: '@patkit/core',
  version,
  connect: (url) => {
    const devops = new DevOpsClient({ organization, baseUrl: url, credential: () => token })
    return Promise.resolve({
      get: async (signal) => {
        const users = []
        for await (const user of devops.users.list(signal === undefined ? {} : { signal })) users.push(user)
        return users
      },
      create: () => devops.pats.create({ displayName: 'ci', scope: 'vso.code', validTo: new Date(newPat.validTo) }),
      remove: () => devops.pats.revoke(authorizationId),
    })
  },
}

// Of each peer only what is used here is described: it may not be installed, and then its own types are not there either.

interface AzureCore {
  createPipelineFromOptions(options: object): { sendRequest(http: unknown, request: unknown): Promise<AzureResponse> }
  createDefaultHttpClient(): unknown
  createPipelineRequest(options: object): unknown
  createHttpHeaders(headers: Readonly<Record<string, string>>): unknown
}

interface AzureResponse {
  readonly status: number
  readonly bodyAsText?: string | null
}

const azureCore: Contender = peer('@azure/core-rest-pipeline', async (url) => {
  const azure = (await load('@azure/core-rest-pipeline')) as AzureCore
  const pipeline = azure.createPipelineFromOptions({})
  const http = azure.createDefaultHttpClient()
  const send = async (method: string, path: string, body?: object, signal?: AbortSignal): Promise<unknown> => {
    const request = azure.createPipelineRequest({
      url: url + path,
      method,
      headers: azure.createHttpHeaders({ authorization, 'content-type': 'application/json' }),
      allowInsecureConnection: true,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    })
    const response = await pipeline.sendRequest(http, request)
    look(response.status)
    return parsed(response.bodyAsText ?? '')
  }
  return {
    get: (signal) => send('GET', usersPath, undefined, signal),
    create: () => send('POST', patsPath, newPat),
    remove: () => send('DELETE', onePatPath),
  }
})

interface AzureDevOpsNodeApi {
  getBearerHandler(token: string): unknown
  readonly WebApi: new (url: string, handler: unknown) => { readonly rest: RestClient }
}

interface RestClient {
  get(url: string): Promise<{ readonly result: unknown }>
  create(url: string, body: object): Promise<{ readonly result: unknown }>
  del(url: string): Promise<{ readonly result: unknown }>
}

const azureDevOpsNodeApi: Contender = peer('azure-devops-node-api', async (url) => {
  const azdev = (await load('azure-devops-node-api')) as AzureDevOpsNodeApi
  const { rest } = new azdev.WebApi(`${url}/${organization}`, azdev.getBearerHandler(token))
  const resultOf = async (call: Promise<{ readonly result: unknown }>): Promise<unknown> => (await call).result
  return {
    // It takes no signal.
    get: () => resultOf(rest.get(url + usersPath)),
    create: () => resultOf(rest.create(url + patsPath, newPat)),
    remove: () => resultOf(rest.del(url + onePatPath)),
  }
})

interface OctokitClass {
  plugin(...plugins: readonly unknown[]): new (options: object) => OctokitClient
}

interface OctokitClient {
  request(options: object): Promise<{ readonly data: unknown }>
}

const octokit: Contender = peer('@octokit/core', async (url) => {
  const [{ Octokit }, { retry }, { throttling }] = (await Promise.all([
    load('@octokit/core'),
    load('@octokit/plugin-retry'),
    load('@octokit/plugin-throttling'),
  ])) as [{ Octokit: OctokitClass }, { retry: unknown }, { throttling: unknown }]
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }
  const client = new (Octokit.plugin(retry, throttling))({
    baseUrl: url,
    auth: token,
    log: silent,
    throttle: { onRateLimit: () => true, onSecondaryRateLimit: () => true },
  })
  const send = async (method: string, path: string, data?: object, signal?: AbortSignal): Promise<unknown> => {
    const request = signal === undefined ? {} : { signal }
    const body = data === undefined ? {} : { data }
    return (await client.request({ method, url: path, request, ...body })).data
  }
  return {
    get: (signal) => send('GET', usersPath, undefined, signal),
    create: () => send('POST', patsPath, newPat),
    remove: () => send('DELETE', onePatPath),
  }
})

type Ky = (url: string, options: object) => Promise<Response> & { json(): Promise<unknown> }

const ky: Contender = peer('ky', async (url) => {
  const { default: send } = (await load('ky')) as { default: Ky }
  const headers = { authorization }
  return {
    get: (signal) => send(url + usersPath, { headers, ...(signal === undefined ? {} : { signal }) }).json(),
    create: () => send(url + patsPath, { method: 'POST', headers, json: newPat }).json(),
    remove: () => send(url + onePatPath, { method: 'DELETE', headers }),
  }
})

interface Undici {
  readonly Agent: new () => unknown
  readonly RetryAgent: new (agent: unknown) => unknown
  readonly request: (url: string, options: object) => Promise<UndiciAnswer>
}

interface UndiciAnswer {
  readonly statusCode: number
  readonly body: { text(): Promise<string>; json(): Promise<unknown>; dump(): Promise<void> }
}

const undici: Contender = peer('undici', async (url) => {
  const { Agent, RetryAgent, request } = (await load('undici')) as Undici
  const dispatcher = new RetryAgent(new Agent())
  const send = async (method: string, path: string, data?: object, signal?: AbortSignal): Promise<unknown> => {
    const { statusCode, body } = await request(url + path, {
      method,
      dispatcher,
      headers: { authorization, 'content-type': 'application/json' },
      ...(data === undefined ? {} : { body: JSON.stringify(data) }),
      ...(signal === undefined ? {} : { signal }),
    })
    look(statusCode)
    return statusCode === 204 ? undefined : body.json()
  }
  return {
    get: (signal) => send('GET', usersPath, undefined, signal),
    create: () => send('POST', patsPath, newPat),
    remove: () => send('DELETE', onePatPath),
  }
})

/** Everybody who is measured, ours first. */
export const contenders: readonly Contender[] = [ours, azureDevOpsNodeApi, azureCore, octokit, ky, undici]

function peer(name: string, connect: Contender['connect']): Contender {
  return {
    name,
    // Looked up each time: it may have been installed meanwhile.
    get version() {
      return installedVersion(name)
    },
    connect,
  }
}

/** Only from the folder of the benchmark: the same package may lie at the root, in another version and for another purpose. */
function installedVersion(name: string): string | undefined {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url)
  if (!existsSync(file)) return undefined
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
}

/** Loads a package of which nothing is known when the types are checked. */
function load(name: string): Promise<unknown> {
  return import(name)
}
