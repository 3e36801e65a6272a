import type { Done, EarlierUse, UsedForm } from '../one-time-forms.js'
import { fieldsOf } from './fields.js'
import type { PatSite, Visit } from './site.js'
import { isPatkitError, type CreatedPat, type CreatePat } from '@patkit/core'
import type { Request } from 'express'

/** What became of a form that was to make a token. */
export type Making =
  | { readonly kind: 'made'; readonly created: CreatedPat }
  /** The answer was lost, now or when the form was sent before. */
  | { readonly kind: 'unknown'; readonly startedAt: Date; readonly message: string | undefined }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'made-before'; readonly authorizationId: string }

/**
 * Creates a token, once for each form however often it is sent.
 *
 * @throws What `pats.create` throws when no token was made; the same form may be sent again then.
 */
export async function makeOnce({ forms }: PatSite, visit: Visit, req: Request, pat: CreatePat): Promise<Making> {
  const { account } = visit.signIn
  const sent = await forms.carryOut(req, formIdOf(req), account, (form) => make(visit, pat, form))
  return sent.kind === 'first' ? sent.result : toMaking(sent)
}

/** What became of the form of a request when it was sent before; `undefined` when it was not. */
export function madeBefore({ forms }: PatSite, visit: Visit, req: Request): Making | undefined {
  const earlier = forms.find(req, formIdOf(req), visit.signIn.account)
  return earlier === undefined ? undefined : toMaking(earlier)
}

async function make({ pats }: Visit, pat: CreatePat, { at }: UsedForm): Promise<Done<Making>> {
  try {
    const created = await pats.create(pat)
    return { result: { kind: 'made', created }, authorizationId: created.pat.authorizationId }
  } catch (error) {
    if (!mayHaveMade(error)) throw error
    const message = error instanceof Error ? error.message : undefined
    return { result: { kind: 'unknown', startedAt: new Date(at), message } }
  }
}

function toMaking(earlier: EarlierUse): Making {
  if (earlier.kind === 'under-way') return { kind: 'under-way' }
  const { at, authorizationId } = earlier.form
  return authorizationId === undefined
    ? { kind: 'unknown', startedAt: new Date(at), message: undefined }
    : { kind: 'made-before', authorizationId }
}

/** An answer that was lost, or that says of a token that it was made without giving its secret. */
function mayHaveMade(error: unknown): boolean {
  if (!isPatkitError(error)) return false
  return error.code === 'PATKIT_OUTCOME_UNKNOWN' || error.code === 'PATKIT_PROTOCOL'
}

/** What the form carries; of the originals' form, which carries nothing, all that was entered. */
function formIdOf(req: Request): string {
  const id = fieldsOf(req.body).text('form')
  if (id !== '') return id
  const body = (req.body ?? {}) as Readonly<Record<string, unknown>>
  const entered = Object.entries(body).filter(([name]) => name !== '_csrf')
  return JSON.stringify([req.path, ...entered.sort()])
}
