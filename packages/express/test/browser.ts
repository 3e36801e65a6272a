import { request, type IncomingHttpHeaders } from 'node:http'

/** An answer of the application. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Where it sends the browser to. */
  readonly location: string | undefined
  /** The body as JSON. */
  json(): Record<string, unknown>
}

/** How a request is made. */
export interface RequestOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Where it comes from, as browsers say it; `'none'` (typed by hand) unless given. Old browsers leave it unsaid. */
  readonly site?: 'none' | 'same-origin' | 'same-site' | 'cross-site' | 'unsaid'
}

interface Cookie {
  readonly value: string
  readonly attributes: readonly string[]
}

/**
 * A browser for one application: keeps its cookies as a browser does, and says about its requests what a browser says. It follows no
 * redirect by itself, so that a test sees each.
 */
export class TestBrowser {
  readonly cookies = new Map<string, Cookie>()
  readonly #port: number
  readonly #headers: Readonly<Record<string, string>>

  /** @param headers - What every request carries, such as what a proxy adds. */
  constructor(port: number, headers: Readonly<Record<string, string>> = {}) {
    this.#port = port
    this.#headers = headers
  }

  /** Opens a page, as by typing its address. */
  open(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.send(path, {
      ...options,
      headers: { accept: 'text/html,application/xhtml+xml;q=0.9', 'sec-fetch-mode': 'navigate', ...options.headers },
    })
  }

  /** Sends a form, as from a page of the application. */
  submit(path: string, fields: Readonly<Record<string, string>>, options: RequestOptions = {}): Promise<Answer> {
    return this.open(path, {
      method: 'POST',
      site: 'same-origin',
      body: new URLSearchParams(fields).toString(),
      ...options,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: `http://localhost:${this.#port}`,
        ...options.headers,
      },
    })
  }

  /** Asks as a script of a page does. */
  fetch(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.send(path, {
      site: 'same-origin',
      ...options,
      headers: { accept: '*/*', 'sec-fetch-mode': 'cors', ...options.headers },
    })
  }

  /** Sends a request with the cookies that belong to it. */
  async send(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { method = 'GET', body, site = 'none' } = options
    const cookie = this.#cookieHeader(method, site)
    const answer = await this.#exchange(path, method, body, {
      host: `localhost:${this.#port}`,
      ...(site === 'unsaid' ? {} : { 'sec-fetch-site': site }),
      ...(cookie === '' ? {} : { cookie }),
      ...this.#headers,
      ...options.headers,
    })
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line)
    return answer
  }

  /** The line that set a cookie last. */
  attributesOf(name: string): readonly string[] | undefined {
    return this.cookies.get(name)?.attributes
  }

  /** Another window of the same browser, with copies of the cookies as they are now. */
  copy(): TestBrowser {
    const other = new TestBrowser(this.#port, this.#headers)
    for (const [name, cookie] of this.cookies) other.cookies.set(name, cookie)
    return other
  }

  /** SameSite=Lax: from another site only with a navigation that changes nothing. */
  #cookieHeader(method: string, site: string): string {
    if (site === 'cross-site' && method !== 'GET') return ''
    return [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    const isOver = attributes.some((attribute) => /^max-age=0$/i.test(attribute))
    if (isOver) this.cookies.delete(name)
    else this.cookies.set(name, { value: pair.slice(equals + 1), attributes })
  }

  #exchange(path: string, method: string, body: string | undefined, headers: Record<string, string>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      // A connection of its own: one that was kept may belong to a server that has been restarted, where a browser would just try again.
      const options = { host: '127.0.0.1', port: this.#port, path, method, headers, agent: false } as const
      const outgoing = request(options, (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: text,
            location: incoming.headers.location,
            json: () => JSON.parse(text) as Record<string, unknown>,
          })
        })
      })
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}
