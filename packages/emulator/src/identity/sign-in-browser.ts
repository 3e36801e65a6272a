/** What a person does on the emulator's pages. */
export interface SignInChoices {
  /** Sign-in name or part of a name that only one person has. */
  readonly person?: string
  /** Where to turn off the straight way. `forgot-password` and `sign-up` at B2C and External ID only. */
  readonly turn?: 'cancel' | 'decline-consent' | 'forgot-password' | 'sign-up'
  /** What to write into the edit-profile form; what is absent stays as it is. */
  readonly profile?: { readonly displayName?: string; readonly givenName?: string; readonly familyName?: string }
  /** With the turn `sign-up`: who is new. */
  readonly newcomer?: { readonly address: string; readonly displayName: string }
}

/** How the way ended: where the browser would go next, outside the emulator. */
export interface SignInEnd {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  /** What the application gets, from query, fragment or form. */
  readonly parameters: URLSearchParams
}

/** A page of the emulator. */
export interface SignInPage {
  readonly url: URL
  readonly status: number
  readonly title: string
  readonly html: string
}

/**
 * A browser without script, for tests: it follows redirects, keeps cookies (so that single sign-on works) and fills in the
 * emulator's forms. An application's page is where it stops.
 */
export class SignInBrowser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  /** @param origin - The emulator's, such as `http://localhost:5100`. Addresses of the real services are led there. */
  constructor(origin: string) {
    this.#origin = new URL(origin).origin
  }

  /** Opens an authorization request and does what `choices` say until the browser is sent back to the application. */
  async signIn(authorizeUrl: string | URL, choices: SignInChoices = {}): Promise<SignInEnd> {
    let at = await this.open(authorizeUrl)
    // The longest way is: forgot the password, person, new password, consent.
    for (let pages = 0; pages < 8 && isPage(at); pages += 1) at = await this.#answer(at, choices)
    if (isPage(at)) throw new Error(`The way does not end: "${at.title}" again and again.`)
    return at
  }

  /** Opens an address; the result is a page of the emulator or the end of the way. */
  async open(address: string | URL): Promise<SignInPage | SignInEnd> {
    const { href, origin, protocol, host, pathname, search } = new URL(address)
    if (origin === this.#origin) return this.#send(new URL(href), undefined)
    // Whatever real service is meant, nothing is sent to it.
    if (protocol !== 'https:')
      throw new TypeError(`${origin} is neither the emulator (${this.#origin}) nor a real service.`)
    return this.#send(new URL(`${this.#origin}/${host}${pathname}${search}`), undefined)
  }

  /** Sends the form of a page, with the given fields beside the hidden ones. */
  async submit(page: SignInPage, fields: Readonly<Record<string, string>>): Promise<SignInPage | SignInEnd> {
    const action = attribute(/<form [^>]*action="([^"]*)"/.exec(page.html)?.[1])
    if (action === undefined)
      throw new Error(`The page "${page.title}" (${page.status}) has no form.\n${textOf(page.html)}`)
    return this.#send(new URL(action, page.url), new URLSearchParams({ ...hiddenFields(page.html), ...fields }))
  }

  async #send(url: URL, form: URLSearchParams | undefined): Promise<SignInPage | SignInEnd> {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      redirect: 'manual',
      ...(form === undefined ? {} : { body: form }),
    })
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie)
    const location = response.headers.get('location')
    if (location !== null) {
      await response.body?.cancel()
      return endAt(new URL(location, url))
    }
    return this.#read(url, response)
  }

  async #read(url: URL, response: Response): Promise<SignInPage | SignInEnd> {
    const html = await response.text()
    const action = attribute(/<form method="post" action="([^"]*)"/.exec(html)?.[1])
    if (action !== undefined && new URL(action, url).origin !== this.#origin)
      return { url: new URL(action), method: 'POST', parameters: new URLSearchParams(hiddenFields(html)) }
    return { url, status: response.status, title: attribute(/<h1>([^<]*)<\/h1>/.exec(html)?.[1]) ?? '', html }
  }

  #keep(cookie: string): void {
    const [pair = ''] = cookie.split(';')
    const equals = pair.indexOf('=')
    this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
  }

  async #answer(page: SignInPage, choices: SignInChoices): Promise<SignInPage | SignInEnd> {
    const { turn, person = '', newcomer } = choices
    if (page.status !== 200) throw new Error(`The emulator answered ${page.status}: ${textOf(page.html)}`)
    if (page.html.includes('value="create"')) {
      if (newcomer === undefined) throw new Error('The page asks who signs up: give `newcomer`.')
      return this.submit(page, { action: 'create', address: newcomer.address, name: newcomer.displayName })
    }
    if (page.html.includes('value="accept"'))
      return this.submit(page, { action: turn === 'decline-consent' ? 'decline' : 'accept' })
    if (turn === 'cancel') return this.submit(page, { action: 'cancel' })
    if (page.html.includes('value="save"'))
      return this.submit(page, { action: 'save', ...profileFields(page, choices) })
    if (page.html.includes('value="reset"')) return this.submit(page, { action: 'reset' })
    if (turn === 'sign-up' && page.html.includes('value="sign-up"')) return this.submit(page, { action: 'sign-up' })
    if (turn === 'forgot-password' && page.html.includes('value="forgot"'))
      return this.submit(page, { action: 'forgot' })
    return this.#pick(page, person)
  }

  async #pick(page: SignInPage, person: string): Promise<SignInPage | SignInEnd> {
    const found = await this.submit(page, { action: 'find', find: person })
    if (!isPage(found)) return found
    const offered = peopleOn(found.html)
    const exact = offered.filter(({ address }) => address === person)
    const meant = exact.length > 0 ? exact : offered
    const [only] = meant
    if (only === undefined || meant.length > 1)
      throw new Error(`${meant.length} people are called ${JSON.stringify(person)} on the page "${page.title}".`)
    return this.submit(found, { person: only.key })
  }
}

export const isPage = (at: SignInPage | SignInEnd): at is SignInPage => 'html' in at

function endAt(url: URL): SignInEnd {
  const parameters = new URLSearchParams(url.hash === '' ? url.search : url.hash.slice(1))
  return { url, method: 'GET', parameters }
}

function hiddenFields(html: string): Record<string, string> {
  const fields = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)
  return Object.fromEntries([...fields].map(([, name, value]) => [attribute(name) ?? '', attribute(value) ?? '']))
}

function profileFields(page: SignInPage, { profile = {} }: SignInChoices): Record<string, string> {
  const now = (id: string): string =>
    attribute(new RegExp(`id="${id}" name="[^"]*" value="([^"]*)"`).exec(page.html)?.[1]) ?? ''
  return {
    name: profile.displayName ?? now('name'),
    given: profile.givenName ?? now('given'),
    family: profile.familyName ?? now('family'),
  }
}

function peopleOn(html: string): readonly { key: string; address: string }[] {
  const buttons = html.matchAll(/name="person" value="([^"]*)"[^>]*>[^<]*<span>([^<]*)</g)
  return [...buttons].map(([, key, address]) => ({ key: attribute(key) ?? '', address: attribute(address) ?? '' }))
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }

const attribute = (text: string | undefined): string | undefined =>
  text?.replace(/&(#?\w+);/g, (whole, entity: string) => entities[entity] ?? whole)

const textOf = (html: string): string =>
  (/<main>(.*)<\/main>/s.exec(html)?.[1] ?? html)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
