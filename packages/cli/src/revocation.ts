import type { AnyPatkitError } from '@patkit/core'
import type { AuditedAction, AuditLog, AuditResult } from './audit-log.js'
import { isSdkError } from './failure.js'

/** A token that is to be revoked, as far as it is known. */
export interface RevocationTarget {
  readonly authorizationId: string
  readonly owner: string | null
  /** The name of the token. */
  readonly token: string | null
}

/** How the revocation of one token ended. */
export type RevocationEnd =
  | { readonly result: 'revoked' | 'not-sent' }
  | { readonly result: 'failed' | 'unknown'; readonly error: AnyPatkitError | undefined }

/** What a revocation works with. */
export interface RevocationTools {
  /** Asks the service to revoke these, at most {@link tokensPerRequest}. */
  readonly revoke: (authorizationIds: readonly string[]) => Promise<void>
  readonly log: Pick<AuditLog, 'intend' | 'conclude'>
  readonly signal: AbortSignal
  /** Told after every answer. */
  readonly onEnd: (target: RevocationTarget, end: RevocationEnd) => Promise<void>
}

/** As `tokenAdmin.revoke` of `@patkit/core` sends them, so that one call is one request. */
export const tokensPerRequest = 100

/** What fails one request for a reason that the next one shares. */
const sharedReasons: ReadonlySet<string> = new Set<AnyPatkitError['code']>([
  'PATKIT_SIGN_IN_REQUIRED',
  'PATKIT_INTERACTION_REQUIRED',
  'PATKIT_CONFIGURATION',
  'PATKIT_TOKEN_CACHE',
  'PATKIT_PERMISSION',
  'PATKIT_THROTTLED',
])

/**
 * Revokes tokens part by part and records every one of them before and after.
 *
 * A part that the service finds fault with is halved until the token at fault is alone, so that one wrong id does not keep the others
 * alive. What concerns everybody (sign-in, permission, throttling) and an interruption end the run; the rest is `not-sent`.
 *
 * @throws {@link CommandError} When the log cannot be written: nothing more is sent.
 */
export async function revokeAll(targets: readonly RevocationTarget[], tools: RevocationTools): Promise<void> {
  const parts: (readonly RevocationTarget[])[] = []
  for (let start = 0; start < targets.length; start += tokensPerRequest) {
    parts.push(targets.slice(start, start + tokensPerRequest))
  }
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    const goesOn = await revokePart(part, tools)
    if (goesOn) continue
    for (const target of parts.flat()) await tools.onEnd(target, { result: 'not-sent' })
    return
  }
}

/** Gives whether it makes sense to go on with the next part. */
async function revokePart(part: readonly RevocationTarget[], tools: RevocationTools): Promise<boolean> {
  await tools.log.intend(part.map(toAction))
  const waiting: (readonly RevocationTarget[])[] = [part]
  let goesOn = !tools.signal.aborted
  for (let slice = waiting.shift(); slice !== undefined; slice = waiting.shift()) {
    const end = goesOn ? await revokeSlice(slice, tools) : ({ result: 'not-sent' } as const)
    if ('error' in end && isAboutOneOf(end.error) && slice.length > 1) {
      const middle = Math.ceil(slice.length / 2)
      waiting.unshift(slice.slice(0, middle), slice.slice(middle))
      continue
    }
    if ('error' in end && stopsEverything(end.error)) goesOn = false
    await tools.log.conclude(slice.map((target) => ({ ...toAction(target), ...toResult(end) })))
    for (const target of slice) await tools.onEnd(target, end)
  }
  return goesOn && !tools.signal.aborted
}

async function revokeSlice(
  slice: readonly RevocationTarget[],
  { revoke, signal }: RevocationTools,
): Promise<RevocationEnd> {
  try {
    await revoke(slice.map(({ authorizationId }) => authorizationId))
    return { result: 'revoked' }
  } catch (error) {
    if (!isSdkError(error) && !signal.aborted) throw error
    return toEnd(error)
  }
}

/** What is known after a request failed. One that was aborted under way, or whose answer was lost, may have been carried out. */
export function toEnd(error: unknown): RevocationEnd & { readonly error: AnyPatkitError | undefined } {
  if (!isSdkError(error)) return { result: 'unknown', error: undefined }
  return { result: mayHaveHappened(error) ? 'unknown' : 'failed', error }
}

/** The service looked at the request and refused its content. */
function isAboutOneOf(error: AnyPatkitError | undefined): boolean {
  return (
    (error?.code === 'PATKIT_SERVICE' || error?.code === 'PATKIT_NOT_FOUND') &&
    (error.status === 400 || error.status === 404)
  )
}

function stopsEverything(error: AnyPatkitError | undefined): boolean {
  return error === undefined || sharedReasons.has(error.code)
}

/** No answer, or one that cannot be read, tells nothing of what the service did. */
function mayHaveHappened({ code }: AnyPatkitError): boolean {
  return code === 'PATKIT_NETWORK' || code === 'PATKIT_TIMEOUT' || code === 'PATKIT_PROTOCOL'
}

function toAction({ authorizationId, owner, token }: RevocationTarget): AuditedAction {
  return { action: 'revoke', authorizationId, owner, token }
}

/** How an action ended, for the audit log: never the message of a failure, which others may have had a part in. */
export function toResult(end: RevocationEnd): AuditResult {
  if (!('error' in end)) return { result: end.result === 'revoked' ? 'done' : 'not-sent' }
  const { result, error } = end
  return {
    result,
    code: error?.code ?? 'interrupted',
    status: error?.status ?? null,
    activityId: error?.activityId ?? null,
  }
}
