import { randomBytes } from 'node:crypto'
import type { Logger } from '@patkit/core'
import type { Request, Response } from 'express'
import { errorContent, unexpectedContent } from './failure-content.js'
import { pagePolicy, toPage, toProblem } from './page.js'
import type { PageContent } from './page-content.js'
import { describeError } from './describe-error.js'
import { wantsPage } from './request-kind.js'

/** Dresses the content of a page in the layout of the application. Everything in the content is text: escape it. */
export type RenderPage = (content: PageContent, req: Request, res: Response) => string | Promise<string>

/** Ends requests: with a page, an answer for programs, or a redirect. None of them is kept by a cache. */
export class Answers {
  readonly #renderPage: RenderPage | undefined
  readonly #logger: Logger

  constructor(renderPage: RenderPage | undefined, logger: Logger) {
    this.#renderPage = renderPage
    this.#logger = logger
  }

  /** Sends the browser to another address. */
  redirect(res: Response, url: string, status: 302 | 303 = 302): Promise<void> {
    forbidCaching(res)
    res.statusCode = status
    res.setHeader('Location', encoded(url))
    res.setHeader('Content-Length', '0')
    res.end()
    return Promise.resolve()
  }

  /** Says something: as a page to a person, as JSON (RFC 9457) to a program. */
  async say(req: Request, res: Response, content: PageContent): Promise<void> {
    forbidCaching(res)
    res.statusCode = content.status
    if (content.status === 401) res.setHeader('WWW-Authenticate', 'Session')
    if (content.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(content.retryAfterSeconds))
    if (wantsPage(req)) await this.#sendPage(req, res, content)
    else await this.json(req, res, toProblem(content), 'application/problem+json')
  }

  /** Answers a program. The status is that of the response, 200 unless it was set. */
  json(req: Request, res: Response, body: unknown, type = 'application/json'): Promise<void> {
    forbidCaching(res)
    res.setHeader('Content-Type', `${type}; charset=utf-8`)
    res.end(req.method === 'HEAD' ? undefined : JSON.stringify(body))
    return Promise.resolve()
  }

  /** Says what is to be said about an error. One that is not meant for people is put into the log, with a reference to it. */
  async sayError(req: Request, res: Response, error: unknown, signInUrl: string): Promise<void> {
    const content = errorContent(error)
    if (content !== undefined) {
      if (content.status >= 500) this.#logger.warn?.(describeError(error))
      return this.say(req, res, { signInUrl, ...content })
    }
    const reference = randomBytes(6).toString('hex')
    this.#logger.warn?.(`[${reference}] ${describeError(error)}`)
    return this.say(req, res, unexpectedContent(reference))
  }

  async #sendPage(req: Request, res: Response, content: PageContent): Promise<void> {
    const rendered = await this.#rendered(req, res, content)
    res.setHeader('Content-Type', 'text/html; charset=utf-8')
    if (rendered === undefined) guardOwnPage(res)
    res.end(req.method === 'HEAD' ? undefined : (rendered ?? toPage(content)))
  }

  /** The page in the application's layout; a layout that fails must not hide what there is to say. */
  async #rendered(req: Request, res: Response, content: PageContent): Promise<string | undefined> {
    try {
      return await this.#renderPage?.(content, req, res)
    } catch (error) {
      this.#logger.warn?.(`renderPage failed: ${describeError(error)}`)
      return undefined
    }
  }
}

/** An address as it may stand in a header: in ASCII, whatever a page is called. */
function encoded(url: string): string {
  if (!url.startsWith('/')) return new URL(url).href
  const { pathname, search, hash } = new URL(url, 'https://app.invalid')
  return pathname + search + hash
}

function forbidCaching(res: Response): void {
  res.setHeader('Cache-Control', 'no-store')
  // The addresses around a sign-in carry codes and states: they go to nobody else.
  res.setHeader('Referrer-Policy', 'no-referrer')
}

function guardOwnPage(res: Response): void {
  res.setHeader('Content-Security-Policy', pagePolicy)
  res.setHeader('X-Content-Type-Options', 'nosniff')
  res.setHeader('X-Frame-Options', 'DENY')
}
