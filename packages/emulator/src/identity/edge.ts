import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import type { IdentityActions } from './actions.js'
import { answerInteraction } from './answer-interaction.js'
import { json, writeAnswer } from './answers.js'
import type { Answer, Delivery } from './answers.js'
import { answerAuthorize } from './authorize.js'
import type { IdentityContext, IdentityRequest } from './context.js'
import { answerDeviceCode } from './device-code.js'
import { answerDevicePage } from './device-page.js'
import { answerDiscovery, answerInstanceDiscovery, answerKeys } from './discovery.js'
import { bugAnswer, failureAnswer, lookupAnswer } from './error-answer.js'
import { IdentityFailure, inDialectOf } from './errors.js'
import type { Trace } from './errors.js'
import { failureOf, statusAnswer } from './faults.js'
import type { FaultAnswer, FaultPoint } from './faults.js'
import { answerGraph, graphHost } from './graph/answer-graph.js'
import type { GraphParts } from './graph/answer-graph.js'
import { statusAnswer as graphStatusAnswer } from './graph/errors.js'
import { isGuid } from './ids.js'
import { answerKnobs, knobsPath } from './knobs-endpoint.js'
import { answerLogout } from './logout.js'
import { answerProtectedApi, protectedApiPath } from './protected-api.js'
import { BodyTooLarge, readBody, readParameters } from './read-parameters.js'
import type { RequestLog } from './request-log.js'
import { createRouter, hostName, isLoopbackName } from './routes.js'
import type { Arrival, Route, Routing } from './routes.js'
import { browserOf } from './sessions.js'
import { answerToken } from './token.js'
import type { AccessTokenVerifier } from './verify-access-token.js'

/** What the edge leads to. */
export interface EdgeParts {
  readonly context: IdentityContext
  readonly actions: IdentityActions
  readonly apiVerifier: AccessTokenVerifier
  readonly graph: GraphParts
  readonly log: RequestLog
  readonly origin: () => string
}

/** Between HTTP and the endpoints: finds the endpoint, applies faults, turns failures into answers, and writes them. */
export class Edge {
  readonly #parts: EdgeParts
  readonly #route: (arrival: Arrival) => Routing
  readonly #closing = new AbortController()
  /** Answers that a fault holds back for good. */
  readonly #held = new Set<ServerResponse>()

  constructor(parts: EdgeParts) {
    this.#parts = parts
    this.#route = createRouter(parts.context.directory, parts.origin)
  }

  /** Answers the request if it is one of ours; resolves once the answer is written. */
  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    const arrival = arrivalOf(request, url)
    if (url.pathname === knobsPath) return this.#write(response, await this.#knobs(request))
    if (url.pathname === protectedApiPath && isLoopbackName(hostName(arrival.host)))
      return this.#protectedApi(request, response)
    const graphUrl = graphUrlOf(arrival)
    if (graphUrl !== undefined) return this.#graph(request, response, graphUrl)
    const routing = this.#route(arrival)
    switch (routing.kind) {
      case 'not-ours':
        return false
      case 'refused':
        return this.#write(response, lookupAnswer(routing.lookup, url.pathname, this.#trace(request, url)))
      case 'unknown-endpoint':
        return this.#write(response, json(404, { error: `There is nothing at ${routing.path}.` }))
      case 'route':
        await this.#exchange(request, response, arrival, routing.route)
        return true
    }
  }

  /** Ends every wait and every answer that is held back. */
  close(): void {
    this.#closing.abort(new Error('the emulator was closed'))
    for (const response of this.#held) response.destroy()
    this.#held.clear()
  }

  async #knobs(request: IncomingMessage): Promise<Answer> {
    const { actions, context } = this.#parts
    try {
      return await answerKnobs({ ...context, actions }, request, await readBody(request))
    } catch (error) {
      return unexpectedAnswer(error)
    }
  }

  async #protectedApi(request: IncomingMessage, response: ServerResponse): Promise<true> {
    const { context, apiVerifier, log } = this.#parts
    const fault = context.faults.next('api', null, null)
    const answer = await this.#withFault(fault, response, () => answerProtectedApi(context, apiVerifier, request))
    const record = {
      endpoint: 'api',
      method: request.method ?? 'GET',
      host: '',
      parameters: [],
      code: undefined,
    } as const
    log.add({ ...record, at: context.clock.now(), clientId: undefined, grantType: undefined, status: answer.status })
    return this.#write(response, answer, deliveryOf(fault))
  }

  async #graph(request: IncomingMessage, response: ServerResponse, url: URL): Promise<true> {
    const { context, graph, log } = this.#parts
    const trace = this.#trace(request, url)
    const fault = context.faults.next('graph', null, null)
    let answer: Answer
    try {
      answer =
        fault?.kind === 'status' && fault.body === undefined
          ? graphStatusAnswer(fault.status, fault.retryAfterSeconds, trace)
          : await this.#withFault(fault, response, () => answerGraph(graph, request, url, trace))
    } catch (error) {
      answer = unexpectedAnswer(error)
    }
    log.add({
      at: context.clock.now(),
      endpoint: 'graph',
      method: request.method ?? 'GET',
      host: graphHost,
      clientId: undefined,
      grantType: undefined,
      parameters: [...url.searchParams.keys()].sort(),
      status: answer.status,
      code: undefined,
      path: url.pathname,
    })
    const headers = { ...answer.headers, 'request-id': trace.traceId, 'client-request-id': trace.correlationId }
    return this.#write(response, { ...answer, headers }, deliveryOf(fault))
  }

  async #exchange(request: IncomingMessage, response: ServerResponse, arrival: Arrival, route: Route): Promise<void> {
    const trace = this.#trace(request, arrival.url)
    const parameters = await readParameters(request, arrival.url).catch((error: unknown) => asBodyTooLarge(error))
    if (parameters instanceof BodyTooLarge) {
      this.#write(response, unexpectedAnswer(parameters))
      return
    }
    const identityRequest = {
      route,
      method: request.method ?? 'GET',
      arrival,
      headers: request.headers,
      parameters,
      browser: browserOf(request.headers.cookie),
      trace,
    }
    const fault = this.#faultFor(identityRequest)
    const { answer, failure } = await this.#answer(identityRequest, fault, response)
    this.#record(identityRequest, answer, failure)
    const headers = { ...answer.headers, 'x-ms-request-id': trace.traceId }
    this.#write(response, { ...answer, headers }, deliveryOf(fault))
  }

  #faultFor({ route, parameters }: IdentityRequest): FaultAnswer | undefined {
    const point = faultPointOf(route)
    if (point === undefined) return undefined
    return this.#parts.context.faults.next(point, parameters.get('client_id'), parameters.get('grant_type'))
  }

  async #answer(
    request: IdentityRequest,
    fault: FaultAnswer | undefined,
    response: ServerResponse,
  ): Promise<{ answer: Answer; failure?: IdentityFailure }> {
    try {
      const ordered = fault?.kind === 'error' ? failureOf(fault) : undefined
      return { answer: await this.#withFault(fault, response, () => dispatch(this.#parts.context, request, ordered)) }
    } catch (error) {
      if (!(error instanceof IdentityFailure)) return { answer: unexpectedAnswer(error) }
      return { answer: failureAnswer(request.route, error, request.trace), failure: error }
    }
  }

  async #withFault(
    fault: FaultAnswer | undefined,
    response: ServerResponse,
    usual: () => Answer | Promise<Answer>,
  ): Promise<Answer> {
    if (fault?.kind === 'status') return statusAnswer(fault)
    if (fault?.kind === 'delay') await this.#wait(fault.seconds, response)
    return usual()
  }

  /** A wait ends early when the client leaves or the emulator is closed: then nobody needs the answer. */
  async #wait(seconds: number, response: ServerResponse): Promise<void> {
    const left = new AbortController()
    const leave = (): void => left.abort(new Error('the client has left'))
    response.once('close', leave)
    const signal = AbortSignal.any([left.signal, this.#closing.signal])
    await this.#parts.context.clock.sleep(seconds * 1000, signal).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
    response.off('close', leave)
  }

  #record(
    { route, method, parameters }: IdentityRequest,
    { status }: Answer,
    failure: IdentityFailure | undefined,
  ): void {
    this.#parts.log.add({
      at: this.#parts.context.clock.now(),
      endpoint: route.endpoint,
      method,
      host: route.host,
      clientId: parameters.get('client_id') ?? undefined,
      grantType: parameters.get('grant_type') ?? undefined,
      parameters: [...new Set(parameters.keys())].sort(),
      status,
      code: failure === undefined ? undefined : inDialectOf(route.authority, failure).code,
    })
  }

  #write(response: ServerResponse, answer: Answer, delivery: Delivery = 'whole'): true {
    if (response.destroyed) return true
    if (delivery === 'stall' || delivery === 'silence') this.#hold(response)
    writeAnswer(response, answer, delivery)
    return true
  }

  #hold(response: ServerResponse): void {
    this.#held.add(response)
    response.once('close', () => this.#held.delete(response))
  }

  #trace(request: IncomingMessage, url: URL): Trace {
    const { clock, ids } = this.#parts.context
    const given = url.searchParams.get('client-request-id') ?? request.headers['client-request-id']
    const correlationId = typeof given === 'string' && isGuid(given) ? given : ids.guid()
    return { traceId: ids.guid(), correlationId, now: clock.now() }
  }
}

function dispatch(
  context: IdentityContext,
  request: IdentityRequest,
  ordered: IdentityFailure | undefined,
): Answer | Promise<Answer> {
  const { endpoint } = request.route
  if (request.method !== 'GET' && request.method !== 'POST')
    return json(405, { error: 'GET and POST only.' }, { allow: 'GET, POST' })
  if (endpoint === 'authorize') return answerAuthorize(context, request, ordered)
  if (ordered !== undefined) throw ordered
  switch (endpoint) {
    case 'token':
      return answerToken(context, request)
    case 'device-code':
      return answerDeviceCode(context, request)
    case 'device-page':
      return answerDevicePage(context, request)
    case 'interaction':
      return answerInteraction(context, request)
    case 'logout':
      return answerLogout(context, request)
    case 'discovery':
      return answerDiscovery(request)
    case 'instance-discovery':
      return answerInstanceDiscovery(request)
    case 'keys':
      return answerKeys(context, request)
  }
}

function arrivalOf(request: IncomingMessage, url: URL): Arrival {
  const transport = request.socket instanceof TLSSocket ? 'https' : 'http'
  return { url, host: request.headers.host ?? '', transport }
}

/** The address at Graph, if Graph is meant: by the `Host` header, or by the first segment of the path. */
function graphUrlOf({ url, host }: Arrival): URL | undefined {
  const name = hostName(host)
  if (name === graphHost) return url
  const prefix = `/${graphHost}/`
  if (!isLoopbackName(name) || !url.pathname.toLowerCase().startsWith(prefix)) return undefined
  return new URL(`${url.pathname.slice(prefix.length - 1)}${url.search}`, url)
}

function faultPointOf({ endpoint }: Route): FaultPoint | undefined {
  return endpoint === 'interaction' || endpoint === 'device-page' ? undefined : endpoint
}

function deliveryOf(fault: FaultAnswer | undefined): Delivery {
  return fault?.kind === 'stall' || fault?.kind === 'silence' || fault?.kind === 'hang-up' ? fault.kind : 'whole'
}

function asBodyTooLarge(error: unknown): BodyTooLarge {
  if (error instanceof BodyTooLarge) return error
  throw error
}

const unexpectedAnswer = (error: unknown): Answer =>
  error instanceof BodyTooLarge ? json(413, { error: error.message }, { connection: 'close' }) : bugAnswer(error)
