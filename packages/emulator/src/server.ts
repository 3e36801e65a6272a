import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { type AccessTokens, fingerprint, type Verdict } from './access-tokens.js'
import { Activity, holdOnClock, type Work } from './activity.js'
import { answerAdmin } from './admin.js'
import { type Answer, type AnswerHeaders, headerText } from './answer.js'
import { cannedAnswer } from './canned-answers.js'
import { type EmulatorClock, isTestClock } from './clock.js'
import { errorAnswer, ServiceError } from './devops/errors.js'
import type { DevOpsService } from './devops/service.js'
import type { FaultAnswer, FaultRules } from './faults.js'
import type { OpenEntry, RequestJournal } from './journal.js'
import { startHttps, type HttpsAddress, type HttpsOptions, type RunningHttps } from './identity/https.js'
import type { IdentityHalf } from './identity/identity-half.js'
import type { Organization } from './organization.js'
import { uuidOf } from './random.js'
import { type Hold, send, sendShaped } from './send.js'

/** What the HTTP server puts together. */
export interface ServerParts {
  readonly organization: Organization
  readonly accessTokens: AccessTokens
  readonly service: DevOpsService
  readonly faults: FaultRules
  readonly journal: RequestJournal
  readonly clock: EmulatorClock
  readonly seed: number
  readonly latencyMs: number
  readonly hosts: readonly string[] | undefined
  /** Answers what is for a sign-in service; it reads its own bodies, so that their secrets reach no journal. */
  readonly identity: IdentityHalf
}

const largestBodyBytes = 1024 * 1024

/** The real host of the Azure DevOps half, for programs that are led here by a proxy. */
const devOpsHost = 'vssps.dev.azure.com'

/** The body was larger than anything the service takes. */
class BodyTooLarge extends Error {}

/** The emulator on the wire. */
export class EmulatorServer {
  readonly #parts: ServerParts
  readonly #server: Server
  readonly #activity = new Activity()
  readonly #listener = (request: IncomingMessage, response: ServerResponse): void => {
    void this.#serve(request, response)
  }
  #url = ''
  #https: RunningHttps | undefined
  #requests = 0
  #stopWatching: () => void = () => undefined

  constructor(parts: ServerParts) {
    this.#parts = parts
    // A client's keep-alive socket must not be closed under it while a test clock stands still.
    this.#server = createServer({ keepAliveTimeout: 600_000, requestTimeout: 0, headersTimeout: 0 }, this.#listener)
    this.#activity.observe(this.#server)
  }

  /** `http://127.0.0.1:` and the port. */
  get url(): string {
    return this.#url
  }

  /** The same by the name that a browser may be sent back to: Entra ID takes plain http for `localhost` only. */
  get signInOrigin(): string {
    return this.#url.replace('127.0.0.1', 'localhost')
  }

  /** Where other programs reach this server as if it were the real services; only with https. */
  get https(): HttpsAddress | undefined {
    return this.#https?.address
  }

  async listen(port: number, https?: HttpsOptions): Promise<void> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    this.#https = await startHttps([...this.#parts.identity.hosts, devOpsHost], this.#listener, this.#server, https)
    if (isTestClock(this.#parts.clock)) this.#stopWatching = this.#parts.clock.watch(this.#activity)
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#parts.identity.close()
    await this.#https?.close()
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
    this.#stopWatching()
    this.#parts.journal.close()
  }

  #signIn(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const path = request.url ?? '/'
    return URL.canParse(path, this.#url)
      ? this.#parts.identity.handle(request, response, new URL(path, this.#url))
      : Promise.resolve(false)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#activity.begin()
    response.once('close', () => work.end())
    try {
      const target = parseTarget(request.url ?? '/')
      if (mayBeSignIn(target) && (await this.#signIn(request, response))) return
      const body = await readBody(request)
      if (target.path.startsWith('/_emulator/'))
        answerAdmin({ ...this.#parts, origin: () => this.#url }, request, target.path, body, response)
      else await new Exchange(this.#parts, ++this.#requests, request, response, work, target, body).run()
    } catch (error) {
      if (!response.destroyed) sendFailure(response, error)
    }
  }
}

/** Azure DevOps is by far the more frequent one to be asked, and known by its second part. */
function mayBeSignIn({ segments }: Target): boolean {
  return segments[1] !== '_apis'
}

function sendFailure(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const failure =
    error instanceof BodyTooLarge
      ? new ServiceError(413, 'VssServiceException', 'The request is too large.')
      : internal(error)
  send(response, errorAnswer(failure))
}

/** A fault of the emulator itself has to be seen as one by the test that meets it. */
const internal = (error: unknown): ServiceError =>
  new ServiceError(
    500,
    'EmulatorFailure',
    `The emulator itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  )

interface Target {
  /** Percent-decoded, without the query. */
  readonly path: string
  readonly segments: readonly string[]
  readonly query: Readonly<Record<string, string>>
  /** Whether the percent-encoding could be read. */
  readonly isReadable: boolean
}

function parseTarget(url: string): Target {
  const mark = url.indexOf('?')
  const rawPath = mark === -1 ? url : url.slice(0, mark)
  const query = mark === -1 ? {} : Object.fromEntries(new URLSearchParams(url.slice(mark + 1)))
  try {
    const segments = rawPath.slice(1).split('/').map(decodeURIComponent)
    return { path: `/${segments.join('/')}`, segments, query, isReadable: true }
  } catch {
    return { path: rawPath, segments: [], query, isReadable: false }
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) return ''
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBodyBytes) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** One request and its answer. */
class Exchange {
  readonly #parts: ServerParts
  readonly #n: number
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #work: Work
  readonly #target: Target
  readonly #body: string
  #left: AbortController | undefined

  constructor(
    parts: ServerParts,
    n: number,
    request: IncomingMessage,
    response: ServerResponse,
    work: Work,
    target: Target,
    body: string,
  ) {
    this.#parts = parts
    this.#n = n
    this.#request = request
    this.#response = response
    this.#work = work
    this.#target = target
    this.#body = body
  }

  async run(): Promise<void> {
    const { accessTokens, faults, journal, service, clock } = this.#parts
    const verdict = await accessTokens.verify(this.#request.headers.authorization)
    const caller = verdict.kind === 'accepted' ? verdict.caller.user.descriptor : undefined
    const subject = service.subjectOf(this.#target.segments) ?? caller
    const entry = journal.begin(this.#entry(caller, subject))
    this.#response.once('close', () => journal.end(entry, 'abandoned', clock.now()))
    const fault = faults.isEmpty
      ? undefined
      : faults.take({ ...this.#target, method: entry.method, isAbout: this.#isAbout(subject) })
    try {
      if (fault === undefined) this.#send(entry, await this.#answer(entry, verdict))
      else await this.#runWithFault(entry, verdict, fault.id, fault.rule.answer)
    } catch (error) {
      // A wait ends this way when the client leaves, which is no failure.
      if (!this.#response.destroyed) throw error
    }
  }

  #entry(user: string | undefined, subject: string | undefined): Parameters<RequestJournal['begin']>[0] {
    const { journal, clock } = this.#parts
    return {
      at: clock.now(),
      method: this.#request.method ?? 'GET',
      path: this.#target.path,
      query: this.#target.query,
      headers: journal.keepsRequests ? safeHeaders(this.#request) : {},
      ...(this.#body === '' ? {} : { body: this.#body }),
      ...(user === undefined ? {} : { user }),
      ...(subject === undefined ? {} : { subject }),
    }
  }

  #isAbout(subject: string | undefined): (user: string) => boolean {
    return (user) => {
      if (subject === undefined || user === subject) return user === subject
      const known = this.#parts.organization.byDescriptor(subject)
      return known !== undefined && (known.principalName === user || known.displayName === user)
    }
  }

  async #runWithFault(entry: OpenEntry, verdict: Verdict, id: string, fault: FaultAnswer): Promise<void> {
    this.#parts.journal.note(entry, { fault: id })
    if (fault.delayMs !== undefined) await this.#hold(fault.delayMs)
    if (fault.reset === 'before') {
      this.#cut(entry)
      return
    }
    if (fault.hang === 'before-headers') {
      this.#work.hang()
      return
    }
    const original = fault.status === undefined ? await this.#answer(entry, verdict) : cannedAnswer(fault.status)
    const answer = reshaped(this.#signed(original), fault)
    this.#parts.journal.note(entry, { status: answer.status })
    if (fault.reset === 'after') {
      this.#cut(entry)
      return
    }
    await this.#sendShaped(entry, answer, fault)
  }

  #cut(entry: OpenEntry): void {
    this.#parts.journal.end(entry, 'cut', this.#parts.clock.now())
    this.#request.socket.resetAndDestroy()
  }

  async #answer(entry: OpenEntry, verdict: Verdict): Promise<Answer> {
    const { hosts, latencyMs, service } = this.#parts
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs))
    if (!this.#target.isReadable) return cannedAnswer(400)
    const host = this.#request.headers.host ?? ''
    if (hosts?.includes(host.toLowerCase()) === false) return wrongHost(host)
    const hold: Hold = (ms) => {
      this.#parts.journal.note(entry, { heldMs: ms })
      return this.#hold(ms)
    }
    const { headers, method = 'GET' } = this.#request
    const header = (name: string): string | undefined => {
      const value = headers[name]
      return Array.isArray(value) ? value[0] : value
    }
    return service.answer({ ...this.#target, method, header, body: this.#body }, verdict, hold)
  }

  readonly #hold: Hold = async (ms) => {
    this.#left ??= this.#abortWhenLeft()
    await holdOnClock(this.#parts.clock, this.#work, ms, this.#left.signal)
  }

  #abortWhenLeft(): AbortController {
    const controller = new AbortController()
    this.#response.once('close', () => controller.abort(new Error('the client has left')))
    if (this.#response.destroyed) controller.abort(new Error('the client has left'))
    return controller
  }

  #send(entry: OpenEntry, answer: Answer): void {
    entry.status = answer.status
    if (this.#response.destroyed) return
    this.#parts.journal.end(entry, 'answered', this.#parts.clock.now())
    send(this.#response, this.#signed(answer))
  }

  async #sendShaped(entry: OpenEntry, answer: Answer, fault: FaultAnswer): Promise<void> {
    const sent = await sendShaped(this.#response, answer, fault, this.#hold)
    if (sent === 'hanging') this.#work.hang()
    else this.#parts.journal.end(entry, sent, this.#parts.clock.now())
  }

  /** The answer with the ids by which the service's own logs would find the request. */
  #signed(answer: Answer): Answer {
    const activityId = uuidOf(this.#parts.seed, this.#n, 91)
    const session = this.#request.headers['x-tfs-session']
    const common = {
      'Cache-Control': 'no-cache, no-store, must-revalidate',
      ActivityId: activityId,
      'X-TFS-ProcessId': uuidOf(this.#parts.seed, 92),
      'X-VSS-E2EID': typeof session === 'string' ? headerText(session) : activityId,
      'X-MSEdge-Ref': `Ref A: ${activityId.replaceAll('-', '').toUpperCase()} Ref B: EMULATED`,
    }
    return { ...answer, headers: { ...common, ...answer.headers } }
  }
}

const wrongHost = (host: string): Answer =>
  errorAnswer(
    new ServiceError(
      421,
      'VssServiceException',
      `The request was sent to the host '${host}', which is not served here.`,
    ),
  )

/** Headers for the journal. What opens a door is replaced by its fingerprint. */
function safeHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const name in request.headers) {
    const value = request.headers[name]
    if (value === undefined) continue
    const text = typeof value === 'string' ? value : value.join(', ')
    headers[name] = secretHeaders.has(name) ? fingerprint(text) : text
  }
  return headers
}

const secretHeaders: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie'])

/** The answer with the parts that a fault rule replaces. */
function reshaped(answer: Answer, { headers = {}, body, bodyBase64 }: FaultAnswer): Answer {
  const names = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const kept: AnswerHeaders = Object.fromEntries(
    Object.entries(answer.headers).filter(([name]) => !names.has(name.toLowerCase())),
  )
  for (const [name, value] of Object.entries(headers)) if (value !== null) kept[name] = value
  return { status: answer.status, headers: kept, body: replacedBody(answer.body, body, bodyBase64) }
}

function replacedBody(original: Answer['body'], body: unknown, bodyBase64: string | undefined): Answer['body'] {
  if (bodyBase64 !== undefined) return Buffer.from(bodyBase64, 'base64')
  if (body === undefined) return original
  return typeof body === 'string' ? body : JSON.stringify(body)
}
