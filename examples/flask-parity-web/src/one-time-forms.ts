import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Account, Clock } from '@patkit/core'
import type { Request } from 'express'

/** A form that was sent. */
export interface UsedForm {
  /** Names the form without telling anything of its content. */
  readonly key: string
  /** When it was sent, milliseconds since 1970-01-01 UTC. */
  readonly at: number
  /** The token it made. Without it a form that makes one may have, or not: nobody knows. */
  readonly authorizationId?: string
}

/** That a form was sent before. */
export type EarlierUse =
  /** It is being carried out this moment. */
  { readonly kind: 'under-way' } | { readonly kind: 'used'; readonly form: UsedForm }

/** What became of a form that was sent. */
export type Sent<T> = { readonly kind: 'first'; readonly result: T } | EarlierUse

/** What a form did: the answer to who sent it, and of a token that was made its id, which is all that is remembered. */
export interface Done<T> {
  readonly result: T
  readonly authorizationId?: string
}

/** Most forms that are remembered, in this process and in one session; the oldest are forgotten. */
const most = { process: 50_000, session: 30 } as const

type SessionWithForms = Request['session'] & { usedForms?: readonly UsedForm[] }

/**
 * Forms that must not act twice: a page that is loaded again, or a second click, makes no second token and revokes nothing anew.
 *
 * Which were sent is remembered in memory, for two requests that come at once, and in the session, for a server that was started anew in
 * between. Of what a form did, no secret is kept.
 */
export class OneTimeForms {
  readonly #clock: Clock
  readonly #key = randomBytes(32)
  readonly #underWay = new Map<string, Promise<unknown>>()
  readonly #used = new Map<string, UsedForm>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a new form of this person carries. */
  issue(account: Account): string {
    const number = randomBytes(16).toString('base64url')
    return `${number}.${this.#seal(number, account)}`
  }

  /** Whether this person was given the form by this run of the server. */
  hasIssued(id: string, account: Account): boolean {
    const [number = '', seal] = id.split('.')
    return seal === this.#seal(number, account)
  }

  /** Names a form of this person. */
  keyOf(id: string, account: Account): string {
    return createHash('sha256')
      .update(JSON.stringify([account.id, id]))
      .digest('base64url')
      .slice(0, 22)
  }

  /** Resolves when a form is no longer being carried out, whatever came of it; `undefined` when it is not. */
  endOf(key: string): Promise<void> | undefined {
    return this.#underWay.get(key)?.then(
      () => undefined,
      () => undefined,
    )
  }

  /** Whether a form was sent before. */
  find(req: Request, id: string, account: Account): EarlierUse | undefined {
    const key = this.keyOf(id, account)
    if (this.#underWay.has(key)) return { kind: 'under-way' }
    const form = this.#used.get(key) ?? keptIn(req).find((kept) => kept.key === key)
    return form === undefined ? undefined : { kind: 'used', form }
  }

  /**
   * Carries a form out, unless it was sent before.
   *
   * @param id - What the form carries. Of one that carries nothing, all that was entered: the same once more is the same form.
   * @param act - Throws when nothing was done: then the form may be sent again.
   */
  async carryOut<T>(
    req: Request,
    id: string,
    account: Account,
    act: (form: UsedForm) => Promise<Done<T>>,
  ): Promise<Sent<T>> {
    const earlier = this.find(req, id, account)
    if (earlier !== undefined) return earlier
    const form = { key: this.keyOf(id, account), at: this.#clock.now() }
    const work = this.#carryOut(req, form, act)
    this.#underWay.set(form.key, work)
    try {
      return { kind: 'first', result: await work }
    } finally {
      this.#underWay.delete(form.key)
    }
  }

  async #carryOut<T>(req: Request, form: UsedForm, act: (form: UsedForm) => Promise<Done<T>>): Promise<T> {
    try {
      this.#keep(req, form)
      await saved(req)
      const { result, authorizationId } = await act(form)
      if (authorizationId !== undefined) this.#keep(req, { ...form, authorizationId })
      return result
    } catch (error) {
      this.#forget(req, form)
      throw error
    }
  }

  #keep(req: Request, form: UsedForm): void {
    this.#forget(req, form)
    this.#used.set(form.key, form)
    const [oldest] = this.#used.keys()
    if (this.#used.size > most.process && oldest !== undefined) this.#used.delete(oldest)
    keepIn(req, [...keptIn(req), form].slice(-most.session))
  }

  #forget(req: Request, { key }: UsedForm): void {
    this.#used.delete(key)
    keepIn(
      req,
      keptIn(req).filter((form) => form.key !== key),
    )
  }

  #seal(number: string, account: Account): string {
    return createHmac('sha256', this.#key).update(`${number}.${account.id}`).digest('base64url')
  }
}

function keptIn(req: Request): readonly UsedForm[] {
  return (req.session as SessionWithForms | undefined)?.usedForms ?? []
}

function keepIn(req: Request, forms: readonly UsedForm[]): void {
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
