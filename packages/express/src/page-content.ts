/** What a page of ours says, before it is dressed. */
export interface PageContent {
  /** HTTP status. */
  readonly status: number
  readonly title: string
  /** What happened, in one or two sentences. */
  readonly message: string
  /** What helps, in one or two sentences. */
  readonly help?: string | undefined
  /** More to know, such as every fault of a configuration. */
  readonly details?: readonly string[] | undefined
  /** The error's code, such as `'AADSTS50105'` or `'PATKIT_NETWORK'`. */
  readonly code?: string | undefined
  /** Names this event in the log, or at the service. */
  readonly reference?: string | undefined
  /** What one can do next, the first being the usual. */
  readonly actions: readonly PageAction[]
  /** Where to go on at once, without anybody doing anything. */
  readonly goOnTo?: string | undefined
  /** For programs: where a person can sign in. */
  readonly signInUrl?: string | undefined
  /** Seconds after which it may work again. */
  readonly retryAfterSeconds?: number | undefined
}

/** A link, or a button that sends a form. */
export type PageAction =
  | { readonly kind: 'link'; readonly label: string; readonly href: string }
  | {
      readonly kind: 'form'
      readonly label: string
      readonly action: string
      /** Hidden fields. */
      readonly fields: Readonly<Record<string, string>>
    }

/** A link. */
export function link(label: string, href: string): PageAction {
  return { kind: 'link', label, href }
}
