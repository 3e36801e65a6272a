import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EmulatorClock } from './clock.js'
import type { ActiveRule, FaultRules } from './faults.js'
import type { RequestJournal } from './journal.js'
import type { Organization } from './organization.js'

/** What the emulator's own pages show and change. */
export interface AdminParts {
  readonly organization: Organization
  readonly faults: FaultRules
  readonly journal: RequestJournal
  readonly clock: EmulatorClock
  readonly origin: () => string
}

class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

interface Page {
  readonly status: number
  readonly body?: unknown
}

/** Answers `/_emulator/…`: for programs on this machine, never for a page that a browser got from elsewhere. */
export function answerAdmin(
  parts: AdminParts,
  request: IncomingMessage,
  path: string,
  body: string,
  response: ServerResponse,
): void {
  let page: Page
  try {
    refuseForeigners(request, parts.origin())
    page = pageFor(parts, request.method ?? '', path, body)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    page = { status: error.status, body: { error: error.message } }
  }
  response.writeHead(page.status, { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' })
  response.end(page.body === undefined ? '' : `${JSON.stringify(page.body, null, 2)}\n`)
}

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/**
 * The port is open to every page in this machine's browsers. A page of another site is known by its `Origin`, and one that made its own
 * name point here is known by the name in `Host`.
 */
function refuseForeigners(request: IncomingMessage, ownOrigin: string): void {
  const { origin, host = '' } = request.headers
  if (!loopbackHost.test(host))
    throw new Refusal(403, `the emulator's own pages answer to loopback names only, not to ${JSON.stringify(host)}`)
  if (origin !== undefined && origin !== ownOrigin) {
    throw new Refusal(403, `the emulator's own pages are not for pages of ${JSON.stringify(origin)}`)
  }
  const site = request.headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site')
    throw new Refusal(403, "the emulator's own pages are not for other sites")
}

function pageFor(parts: AdminParts, method: string, path: string, body: string): Page {
  const [, , area = '', id, ...rest] = path.split('/')
  if (rest.length === 0) {
    if (area === 'health' && id === undefined) return only('GET', method, () => health(parts))
    if (area === 'journal' && id === undefined) return journal(parts, method)
    if (area === 'faults') return id === undefined ? faults(parts, method, body) : oneFault(parts, method, id)
  }
  throw new Refusal(404, 'the emulator has the pages /_emulator/health, /_emulator/journal and /_emulator/faults')
}

function only(allowed: string, method: string, make: () => Page): Page {
  if (method !== allowed) throw notAllowed(method, allowed)
  return make()
}

const notAllowed = (method: string, allowed: string): Refusal =>
  new Refusal(405, `this page takes ${allowed}, not ${method}`)

const health = ({ organization, clock }: AdminParts): Page => ({
  status: 200,
  body: {
    status: 'ok',
    organization: organization.organization,
    users: organization.size,
    now: new Date(clock.now()).toISOString(),
  },
})

function journal({ journal: requests }: AdminParts, method: string): Page {
  if (method === 'GET') return { status: 200, body: { counts: requests.counts, requests: requests.requests } }
  if (method !== 'DELETE') throw notAllowed(method, 'GET or DELETE')
  requests.clear()
  return { status: 204 }
}

function faults({ faults: rules }: AdminParts, method: string, body: string): Page {
  switch (method) {
    case 'GET':
      return { status: 200, body: { faults: rules.list().map(shown) } }
    case 'POST':
      return { status: 201, body: added(rules, body) }
    case 'DELETE':
      rules.clear()
      return { status: 204 }
    default:
      throw notAllowed(method, 'GET, POST or DELETE')
  }
}

function oneFault({ faults: rules }: AdminParts, method: string, id: string): Page {
  const rule = rules.list().find((one) => one.id === id)
  if (rule === undefined) throw new Refusal(404, `there is no fault rule ${JSON.stringify(id)}`)
  if (method === 'GET') return { status: 200, body: shown(rule) }
  if (method !== 'DELETE') throw notAllowed(method, 'GET or DELETE')
  rule.remove()
  return { status: 204 }
}

function added(rules: FaultRules, body: string): object {
  let rule: unknown
  try {
    rule = JSON.parse(body)
  } catch {
    throw new Refusal(
      400,
      'the body must be a fault rule as JSON, such as { "match": { "path": "/graph/" }, "answer": { "status": 503 } }',
    )
  }
  try {
    const { id, hits } = rules.addUnchecked(rule)
    return { id, hits }
  } catch (error) {
    if (error instanceof TypeError) throw new Refusal(400, error.message)
    throw error
  }
}

/** A rule as it could be sent back: JSON has no regular expressions. */
function shown({ id, hits, rule }: ActiveRule): object {
  const path = rule.match?.path
  const match =
    path instanceof RegExp ? { ...rule.match, path: { pattern: path.source, flags: path.flags } } : rule.match
  return { id, hits, rule: { ...(match === undefined ? {} : { match }), answer: rule.answer } }
}
