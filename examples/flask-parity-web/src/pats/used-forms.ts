import { createHash, randomUUID } from 'node:crypto'
import type { Clock } from '@patkit/core'
import type { Request } from 'express'

/** What became of a form that was sent. */
export interface UsedForm {
  /** Names the form without telling anything of its content. */
  readonly key: string
  /** When it was sent, milliseconds since 1970-01-01 UTC. */
  readonly at: number
  /** The token it made; without it nobody knows whether there is one. */
  readonly authorizationId?: string
}

/** That a form was sent before. */
export type EarlierUse =
  /** It is being carried out this moment. */
  { readonly kind: 'under-way' } | { readonly kind: 'used'; readonly form: UsedForm }

/** Whether a form may be carried out. */
export type Claim = { readonly kind: 'first'; readonly key: string } | EarlierUse

/** Most forms that are remembered, in this process and in one session; the oldest are forgotten. */
const most = { process: 10_000, session: 30 } as const

type SessionWithForms = Request['session'] & { usedForms?: readonly UsedForm[] }

/**
 * Remembers which forms were sent, so that a page that is loaded again, or a form that is sent twice, makes no second token. Of the token
 * only its id is kept, never the secret.
 *
 * In memory, for two requests that come at once; in the session, for a server that was started anew in between.
 */
export class UsedForms {
  readonly #clock: Clock
  readonly #underWay = new Set<string>()
  readonly #used = new Map<string, UsedForm>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a new form carries. */
  newId(): string {
    return randomUUID()
  }

  /** Whether a form was sent before. */
  find(req: Request, person: string, id: string): EarlierUse | undefined {
    return this.#find(req, keyOf(person, id))
  }

  /**
   * Takes a form for being carried out. Afterwards call {@link UsedForms.settle}, or {@link UsedForms.release} when nothing was made.
   *
   * @param person - Whose form it is.
   * @param id - What the form carries. Of one that carries nothing, all that was entered: the same once more is the same form.
   */
  async claim(req: Request, person: string, id: string): Promise<Claim> {
    const key = keyOf(person, id)
    const earlier = this.#find(req, key)
    if (earlier !== undefined) return earlier
    this.#underWay.add(key)
    try {
      this.#keep(req, { key, at: this.#clock.now() })
      await saved(req)
      return { kind: 'first', key }
    } catch (error) {
      this.release(req, key)
      throw error
    }
  }

  /** Notes what a form made; `undefined` when nobody knows. */
  settle(req: Request, key: string, authorizationId: string | undefined): UsedForm {
    this.#underWay.delete(key)
    const at = this.#used.get(key)?.at ?? this.#clock.now()
    const form: UsedForm = { key, at, ...(authorizationId === undefined ? {} : { authorizationId }) }
    this.#keep(req, form)
    return form
  }

  /** Forgets a form that made nothing, so that it may be sent again. */
  release(req: Request, key: string): void {
    this.#underWay.delete(key)
    this.#used.delete(key)
    keep(
      req,
      keptIn(req).filter((form) => form.key !== key),
    )
  }

  #find(req: Request, key: string): EarlierUse | undefined {
    if (this.#underWay.has(key)) return { kind: 'under-way' }
    const form = this.#used.get(key) ?? keptIn(req).find((kept) => kept.key === key)
    return form === undefined ? undefined : { kind: 'used', form }
  }

  #keep(req: Request, form: UsedForm): void {
    this.#used.delete(form.key)
    this.#used.set(form.key, form)
    const [oldest] = this.#used.keys()
    if (this.#used.size > most.process && oldest !== undefined) this.#used.delete(oldest)
    keep(req, [...keptIn(req).filter(({ key }) => key !== form.key), form].slice(-most.session))
  }
}

function keyOf(person: string, id: string): string {
  return createHash('sha256')
    .update(JSON.stringify([person, id]))
    .digest('base64url')
    .slice(0, 22)
}

function keptIn(req: Request): readonly UsedForm[] {
  return (req.session as SessionWithForms | undefined)?.usedForms ?? []
}

function keep(req: Request, forms: readonly UsedForm[]): void {
  // Somebody may have signed out meanwhile: then there is no session any more.
  const session = req.session as SessionWithForms | undefined
  if (session !== undefined) session.usedForms = forms
}

function saved(req: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    req.session.save((error?: unknown) => {
      if (error === undefined || error === null) resolve()
      else reject(error instanceof Error ? error : new Error('The session could not be written.'))
    })
  })
}
