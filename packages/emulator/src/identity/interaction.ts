import type { AuthorizeRequest } from './authorize-request.js'
import type { Person } from './directory.js'
import type { DeviceRequest } from './grants.js'
import type { Route } from './routes.js'
import type { SignedIn } from './sessions.js'

/** A page that was shown and waits for its form. Its one-time token is all the form carries; everything else stays here. */
export interface Interaction {
  readonly route: Route
  readonly purpose: Purpose
  readonly step: Step
}

/** What the page is for: where the way ends. */
export type Purpose =
  | { readonly kind: 'authorize'; readonly request: AuthorizeRequest }
  | { readonly kind: 'device'; readonly device: DeviceRequest }
  | { readonly kind: 'device-entry' }
  | { readonly kind: 'sign-out'; readonly signOut: SignOutRequest }

/** What is asked of the person. */
export type Step =
  | { readonly kind: 'pick-person'; readonly find: string }
  | { readonly kind: 'sign-up'; readonly address: string; readonly name: string; readonly fault?: string }
  | { readonly kind: 'consent'; readonly entrance: Entrance }
  | { readonly kind: 'edit-profile'; readonly entrance: Entrance; readonly fault?: string }
  | { readonly kind: 'pick-forgotten'; readonly find: string }
  | { readonly kind: 'new-password'; readonly entrance: Entrance }
  | { readonly kind: 'enter-code'; readonly fault?: string }
  | { readonly kind: 'pick-leaving'; readonly accounts: readonly SignedIn[] }

/** Who comes in, and how. */
export interface Entrance {
  readonly person: Person
  readonly isNewUser: boolean
}

/** A sign-out that was found to be in order. */
export interface SignOutRequest {
  /** Where the person goes afterwards; `undefined`: stays on our page. */
  readonly returnTo: string | undefined
}

/** Life of a page that waits for its form. */
export const interactionSeconds = 600

/** Most people a page offers at once; the search finds the others. */
export const peopleOnAPage = 12
