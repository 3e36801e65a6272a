import { ExpiringMap } from './expiring-map.js'
import { unguessable } from './ids.js'
import type { Ids } from './ids.js'
import type { IdentityClock } from './time.js'

/** Somebody who is signed in to the emulator in one browser. */
export interface SignedIn extends Account {
  /** What `sid`, `session_state` and front-channel logout carry. */
  readonly sessionId: string
  /** Milliseconds since 1970. */
  readonly signedInAt: number
  /** Applications that were entered with it: they are told when it ends. */
  readonly clientIds: Set<string>
  /** Authentication contexts the person has satisfied in this session. */
  readonly authContexts: Set<string>
}

interface Account {
  readonly tenantId: string
  readonly objectId: string
}

const cookieName = 'patkit_emulator_session'
const sessionSeconds = 24 * 60 * 60

/** Who is signed in, per browser and realm: what makes the second application sign in without asking. */
export class BrowserSessions {
  readonly #browsers: ExpiringMap<Map<string, readonly SignedIn[]>>
  readonly #clock: IdentityClock
  readonly #ids: Ids

  constructor(clock: IdentityClock, ids: Ids) {
    this.#browsers = new ExpiringMap(clock, 10_000)
    this.#clock = clock
    this.#ids = ids
  }

  signedIn(browser: string | undefined, realm: string): readonly SignedIn[] {
    return (browser === undefined ? undefined : this.#browsers.get(browser)?.get(realm)) ?? []
  }

  /** Signs someone in, in a browser that gets a new id if it sent none that we know. */
  signIn(browser: string | undefined, realm: string, account: Account): { browser: string; signedIn: SignedIn } {
    const known = browser === undefined ? undefined : this.#browsers.get(browser)
    const id = known === undefined || browser === undefined ? unguessable() : browser
    const realms = known ?? new Map<string, readonly SignedIn[]>()
    const present = realms.get(realm) ?? []
    const signedIn = present.find((one) => isSame(one, account)) ?? this.#newSession(account)
    realms.set(realm, [...present.filter((one) => one !== signedIn), signedIn])
    this.#browsers.set(id, realms, sessionSeconds)
    return { browser: id, signedIn }
  }

  signOut(browser: string | undefined, realm: string, leaving: readonly SignedIn[]): void {
    const realms = browser === undefined ? undefined : this.#browsers.get(browser)
    const staying = (realms?.get(realm) ?? []).filter((one) => !leaving.includes(one))
    realms?.set(realm, staying)
  }

  #newSession({ tenantId, objectId }: Account): SignedIn {
    const sessionId = this.#ids.guid()
    const signedInAt = this.#clock.now()
    return { tenantId, objectId, sessionId, signedInAt, clientIds: new Set(), authContexts: new Set() }
  }
}

const isSame = (one: Account, other: Account): boolean =>
  one.tenantId === other.tenantId && one.objectId === other.objectId

/** The browser's id in a `Cookie` header. */
export function browserOf(cookieHeader: string | undefined): string | undefined {
  for (const part of (cookieHeader ?? '').split(';')) {
    const [name, value] = part.trim().split('=', 2)
    if (name === cookieName && value !== undefined && value !== '') return value
  }
  return undefined
}

export function browserCookie(browser: string, transport: 'http' | 'https'): string {
  const secure = transport === 'https' ? '; Secure' : ''
  return `${cookieName}=${browser}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${sessionSeconds}${secure}`
}
