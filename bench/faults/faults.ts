import type { Client, Contender } from './clients.js'
import {
  answerWell,
  descriptors,
  redirectTo,
  resetBeforeHeaders,
  resetInBody,
  signInPage,
  stalledBody,
  startFaultServer,
  status,
  truncatedJson,
  wellWith,
  type Behaviour,
  type FaultServer,
} from './server.js'

/** What came of a client under a fault. */
export interface Finding {
  /** For the table, in a few words. */
  readonly text: string
  /** Whether it is what a caller needs. */
  readonly good: boolean
}

/** One line of the table. */
export interface Fault {
  readonly name: string
  /** What a caller needs. */
  readonly wanted: string
  measure(contender: Contender): Promise<Finding>
}

type Outcome =
  | { readonly kind: 'value'; readonly value: unknown; readonly ms: number }
  | { readonly kind: 'error'; readonly error: unknown; readonly ms: number }
  | { readonly kind: 'hang'; readonly ms: number }

/** Longer than any of these calls should take; a stalled body gets more, because time limits of 30 s are sensible there. */
const patienceMs = 20_000
const stallPatienceMs = 40_000

async function outcomeOf(call: Promise<unknown>, ms = patienceMs): Promise<Outcome> {
  const startedAt = performance.now()
  const elapsed = (): number => performance.now() - startedAt
  let alarm: NodeJS.Timeout | undefined
  const hang = new Promise<Outcome>((resolve) => {
    alarm = setTimeout(() => resolve({ kind: 'hang', ms }), ms)
  })
  const end = call.then(
    (value): Outcome => ({ kind: 'value', value, ms: elapsed() }),
    (error: unknown): Outcome => ({ kind: 'error', error, ms: elapsed() }),
  )
  return Promise.race([end, hang]).finally(() => clearTimeout(alarm))
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const times = (n: number): string => (n === 1 ? 'once' : n === 2 ? 'twice' : `${n} times`)

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  if (error.name === 'status') return error.message
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return code ?? (error.name === 'Error' ? error.message.slice(0, 30) : error.name)
}

/** Whether all users are there. */
function isWhole(value: unknown): boolean {
  const list = typeof value === 'object' && value !== null && 'value' in value ? value.value : value
  if (!Array.isArray(list)) return false
  const found = (list as readonly { readonly descriptor?: unknown }[]).map(({ descriptor }) => descriptor)
  return JSON.stringify(found) === JSON.stringify(descriptors)
}

/** Something that is no answer, as the caller gets it. */
function shown(value: unknown): string {
  if (typeof value !== 'string') return value === null ? 'null' : typeof value
  return value === '' ? 'empty text' : value.startsWith('<') ? 'HTML as data' : 'half the text'
}

async function withServer<T>(
  contender: Contender,
  first: readonly Behaviour[],
  use: (client: Client, server: FaultServer) => Promise<T>,
): Promise<T> {
  const server = await startFaultServer(...first)
  try {
    return await use(await contender.connect(server.url), server)
  } finally {
    await server.close()
  }
}

/** A GET whose first try meets a fault and whose second would succeed. */
const recovers = (name: string, behaviour: Behaviour, { leastMs = 0, patience = patienceMs } = {}): Fault => ({
  name,
  wanted: leastMs === 0 ? 'all users' : `all users, after ${seconds(leastMs)}`,
  measure: (contender) =>
    withServer(contender, [behaviour], async (client, { seen }) => {
      const outcome = await outcomeOf(client.get(), patience)
      if (outcome.kind === 'hang') return { text: `hangs > ${seconds(outcome.ms)}`, good: false }
      if (outcome.kind === 'error')
        return { text: `error (${nameOf(outcome.error)}), ${times(seen.length)}`, good: false }
      if (!isWhole(outcome.value)) return { text: `${shown(outcome.value)}, no error`, good: false }
      const gap = (seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)
      // A timer may fire a little early; a header in whole seconds of the clock is up to one short.
      const early = gap < leastMs - 20
      return { text: early ? `too early (${seconds(gap)})` : `ok ${seconds(outcome.ms)}`, good: !early }
    }),
})

/** What must be told and never taken for data. */
const isTold = (name: string, behaviour: Behaviour): Fault => ({
  name,
  wanted: 'a sign-in error',
  measure: (contender) =>
    withServer(contender, [], async (client, server) => {
      server.always(behaviour)
      return tell(await outcomeOf(client.get()))
    }),
})

function tell(outcome: Outcome): Finding {
  if (outcome.kind === 'hang') return { text: `hangs > ${seconds(outcome.ms)}`, good: false }
  if (outcome.kind === 'value') return { text: `${shown(outcome.value)}, no error`, good: false }
  const name = nameOf(outcome.error)
  // A status of 302 in the caller's hands is not an answer, but it does say what happened.
  return { text: `error (${name})`, good: /SIGN_IN|HTTP 302/.test(name) }
}

/** How often something is sent that must not be sent twice. */
const sentOnce = (name: string, behaviour: Behaviour): Fault => ({
  name,
  wanted: 'sent once, error',
  measure: (contender) =>
    withServer(contender, [behaviour], async (client, { seen }) => {
      const outcome = await outcomeOf(client.create())
      const end =
        outcome.kind === 'error' ? `, ${nameOf(outcome.error)}` : outcome.kind === 'value' ? ', no error' : ', hangs'
      return { text: `sent ${times(seen.length)}${end}`, good: seen.length === 1 && outcome.kind === 'error' }
    }),
})

const abortAfterMs = 500

export const faults: readonly Fault[] = [
  recovers(
    'GET: 429, Retry-After: 1',
    status(429, () => ({ 'retry-after': '1' })),
    { leastMs: 1000 },
  ),
  recovers(
    'GET: 429, Retry-After: date in 2 s',
    // The date has whole seconds: the next one after two.
    status(429, () => ({ 'retry-after': new Date(Math.ceil(Date.now() / 1000) * 1000 + 2000).toUTCString() })),
    { leastMs: 2000 },
  ),
  recovers('GET: 429 without header', status(429)),
  recovers('GET: 500 once', status(500)),
  recovers('GET: 503 once', status(503)),
  {
    name: 'GET: 503 for ever',
    wanted: 'error, few tries',
    measure: (contender) =>
      withServer(contender, [], async (client, server) => {
        server.always(status(503))
        const outcome = await outcomeOf(client.get())
        const { length } = server.seen
        if (outcome.kind !== 'error') return { text: `${outcome.kind} after ${length} tries`, good: false }
        return {
          text: `error, ${length} ${length === 1 ? 'try' : 'tries'}, ${seconds(outcome.ms)}`,
          good: length <= 10,
        }
      }),
  },
  sentOnce('POST create: 500', status(500)),
  sentOnce('POST create: reset', resetBeforeHeaders),
  {
    name: 'DELETE by id: 500 once',
    wanted: 'sent again',
    measure: (contender) =>
      withServer(contender, [status(500)], async (client, { seen }) => {
        const outcome = await outcomeOf(client.remove())
        const good = outcome.kind === 'value' && seen.length === 2
        return { text: good ? `ok ${seconds(outcome.ms)}` : `error, sent ${times(seen.length)}`, good }
      }),
  },
  recovers('GET: reset before headers', resetBeforeHeaders),
  recovers('GET: reset in mid-body', resetInBody),
  recovers('GET: truncated JSON with 200', truncatedJson),
  recovers('GET: body stalls', stalledBody, { patience: stallPatienceMs }),
  isTold('GET: 203 with the sign-in page', signInPage),
  {
    name: 'GET: 302 to a sign-in elsewhere',
    wanted: 'a sign-in error',
    measure: (contender) => redirected(contender, (outcome) => tell(outcome)),
  },
  {
    name: 'GET: 302: Authorization sent elsewhere',
    wanted: 'never',
    measure: (contender) =>
      redirected(contender, (_outcome, elsewhere) => {
        const leaked = elsewhere.seen.some(({ authorization }) => authorization !== undefined)
        return { text: leaked ? 'LEAKED' : elsewhere.seen.length > 0 ? 'no (followed)' : 'no', good: !leaked }
      }),
  },
  {
    name: `GET: Retry-After: 3600, aborted after ${seconds(abortAfterMs)}`,
    wanted: 'ends at once',
    measure: (contender) =>
      withServer(contender, [], async (client, server) => {
        server.always(status(429, () => ({ 'retry-after': '3600' })))
        const stop = new AbortController()
        const alarm = setTimeout(() => stop.abort(), abortAfterMs)
        const outcome = await outcomeOf(client.get(stop.signal))
        clearTimeout(alarm)
        if (outcome.kind === 'hang') return { text: `hangs > ${seconds(outcome.ms)}`, good: false }
        if (outcome.kind === 'value') return { text: `${shown(outcome.value)}, no error`, good: false }
        // Who does not mean to wait that long need not wait for the abort either.
        const sooner = outcome.ms < abortAfterMs - 20
        const text = sooner ? `error at once (${nameOf(outcome.error)})` : `${(outcome.ms / 1000).toFixed(2)} s`
        return { text, good: outcome.ms < abortAfterMs + 100 }
      }),
  },
  {
    name: 'GET: 200 with Retry-After: 1: next call',
    wanted: 'waits 1 s',
    measure: (contender) =>
      withServer(contender, [wellWith({ 'retry-after': '1' }), answerWell], async (client, { seen }) => {
        const outcomes = [await outcomeOf(client.get()), await outcomeOf(client.get())]
        const gap = (seen[1]?.at ?? NaN) - (seen[0]?.at ?? NaN)
        const waits = gap >= 980 && outcomes.every(({ kind }) => kind === 'value')
        return { text: waits ? `waits ${seconds(gap)}` : `no (${Math.round(gap)} ms)`, good: waits }
      }),
  },
]

/** Sent to a sign-in page on another origin, which answers whoever comes. */
async function redirected(
  contender: Contender,
  judge: (outcome: Outcome, elsewhere: FaultServer) => Finding,
): Promise<Finding> {
  const elsewhere = await startFaultServer()
  elsewhere.always((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<!DOCTYPE html><html><title>Sign in to your account</title></html>')
  })
  try {
    return await withServer(contender, [], async (client, server) => {
      // Another name and not only another port, as in life; some clients look at the name alone.
      server.always(redirectTo(elsewhere.url.replace('127.0.0.1', 'localhost')))
      return judge(await outcomeOf(client.get()), elsewhere)
    })
  } finally {
    await elsewhere.close()
  }
}
