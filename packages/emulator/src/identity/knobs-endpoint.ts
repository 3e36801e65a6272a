import type { IncomingMessage } from 'node:http'
import { json } from './answers.js'
import type { Answer } from './answers.js'
import type { IdentityActions } from './actions.js'
import type { Faults, IdentityFault } from './faults.js'
import { isRecord } from './is-record.js'
import type { Knobs } from './knobs.js'
import { hostName, isLoopbackName } from './routes.js'

/** Where settings and faults can be changed over HTTP. */
export const knobsPath = '/_emulator/identity/knobs'

interface Controls {
  readonly knobs: Knobs
  readonly faults: Faults
  readonly actions: IdentityActions
}

/**
 * `GET` shows settings and waiting faults. `POST` takes JSON `{ reset?, set?, faults?, actions? }`, done in this order. Nothing of it
 * is open to other sites: the body must be JSON, and an `Origin` must be our own.
 */
export async function answerKnobs(controls: Controls, request: IncomingMessage, body: string): Promise<Answer> {
  const refusal = refuseOthers(request)
  if (refusal !== undefined) return refusal
  if (request.method === 'GET') return json(200, state(controls))
  if (request.method !== 'POST') return json(405, { error: 'GET and POST only.' }, { allow: 'GET, POST' })
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    return json(415, { error: 'The body must be application/json.' })
  try {
    await apply(controls, parse(body))
    return json(200, state(controls))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return json(400, { error: error.message })
  }
}

function refuseOthers({ headers, socket }: IncomingMessage): Answer | undefined {
  const { host = '', origin } = headers
  const isLocal = isLoopbackAddress(socket.remoteAddress) && isLoopbackName(hostName(host))
  const isOurs = origin === undefined || origin === `http://${host}` || origin === `https://${host}`
  return isLocal && isOurs ? undefined : json(403, { error: 'Only programs on this machine may turn knobs.' })
}

const isLoopbackAddress = (address: string | undefined): boolean =>
  address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))

const state = ({ knobs, faults }: Controls): unknown => ({ knobs: knobs.current, faults: faults.pending })

const parts: readonly string[] = ['reset', 'set', 'faults', 'actions']

function parse(body: string): Record<string, unknown> {
  const value = parseJson(body)
  if (!isRecord(value)) throw new TypeError('The body must be a JSON object.')
  const unknown = Object.keys(value).find((name) => !parts.includes(name))
  if (unknown !== undefined)
    throw new TypeError(`There is no ${JSON.stringify(unknown)}; give any of ${parts.join(', ')}.`)
  return value
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new TypeError('The body is not JSON.')
  }
}

async function apply({ knobs, faults, actions }: Controls, order: Record<string, unknown>): Promise<void> {
  if (order.reset === true) {
    knobs.reset()
    faults.clear()
  }
  // Both check every field themselves: over HTTP nothing is typed.
  if (order.set !== undefined) knobs.set(asObject('set', order.set))
  for (const fault of asList('faults', order.faults)) faults.add(fault as IdentityFault)
  for (const action of asList('actions', order.actions)) await run(actions, action)
}

async function run(actions: IdentityActions, action: unknown): Promise<void> {
  if (!isRecord(action)) throw new TypeError('An action is an object with a kind.')
  const text = (name: string): string | undefined => {
    const value = action[name]
    if (value === undefined || typeof value === 'string') return value
    throw new TypeError(`The ${name} of an action must be a text.`)
  }
  const needed = (name: string): string => {
    const value = text(name)
    if (value === undefined) throw new TypeError(`This action needs ${name}.`)
    return value
  }
  const [person, clientId, secret] = [text('person'), text('clientId'), text('secret')]
  switch (action.kind) {
    case 'rotate-keys':
      await actions.rotateKeys(text('oldKeys') === 'withdrawn' ? 'withdrawn' : 'published')
      break
    case 'revoke-refresh-tokens':
      actions.revokeRefreshTokens({
        ...(person === undefined ? {} : { person }),
        ...(clientId === undefined ? {} : { clientId }),
      })
      break
    case 'expire-secrets':
      actions.expireSecrets(needed('clientId'), secret)
      break
    case 'approve-device':
      actions.approveDevice(needed('userCode'), needed('person'))
      break
    default:
      throw new TypeError(
        'The kind of an action is rotate-keys, revoke-refresh-tokens, expire-secrets or approve-device.',
      )
  }
}

function asObject(name: string, value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new TypeError(`"${name}" must be an object.`)
  return value
}

function asList(name: string, value: unknown): readonly unknown[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new TypeError(`"${name}" must be a list.`)
  return value as readonly unknown[]
}
