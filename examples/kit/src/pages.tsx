import type { RenderPage, PageContent, SignInState } from '@patkit/express'
import type { Request, RequestHandler, Response } from 'express'
import type { ComponentChildren } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { Assets } from './assets.js'
import { Layout, type Refresh, type Site, type Viewer } from './layout.js'
import { ProblemPage } from './problem-page.js'
import { themeOf } from './theme.js'

/** What a page has of its own. */
export interface PageSettings {
  readonly title: string
  /** Default 200. */
  readonly status?: number
  /** Names of scripts among the assets. */
  readonly scripts?: readonly string[]
  readonly refresh?: Refresh
  readonly body: ComponentChildren
}

/** Dresses pages in the layout of a site. */
export interface Pages {
  send(req: Request, res: Response, page: PageSettings): void
  /** Says what went wrong and what helps: as a page, or as JSON (RFC 9457) to a program. */
  sendProblem(req: Request, res: Response, content: PageContent): void
  /** For `signIn({ renderPage })`: what the sign-in has to say, in the same layout. */
  readonly renderPage: RenderPage
  /** Says that there is no such page; for the end of the chain. */
  readonly notFound: RequestHandler
}

export function createPages(site: Site, assets: Assets): Pages {
  const render = (req: Request, res: Response, { title, scripts = [], refresh, body }: PageSettings): string => {
    const state: SignInState | undefined = res.locals.signIn
    return `<!doctype html>${renderToString(
      <Layout
        site={site}
        title={title}
        viewer={state === undefined ? undefined : toViewer(state)}
        theme={themeOf(req)}
        // The answer to a form cannot be opened again, and is none of the pages of the navigation.
        path={req.method === 'GET' ? req.originalUrl : ''}
        style={assets.url('style')}
        scripts={scripts.map((name) => assets.url(name))}
        refresh={refresh}
      >
        {body}
      </Layout>,
    )}`
  }
  const sayProblem = (content: PageContent, req: Request, res: Response): string =>
    render(req, res, {
      title: content.title,
      body: <ProblemPage content={content} />,
      ...(content.goOnTo === undefined
        ? {}
        : { refresh: { seconds: 0, url: content.goOnTo, when: 'always' as const } }),
    })
  const sendProblem = (req: Request, res: Response, content: PageContent): void => {
    const { status, title, message, help } = content
    res.status(status)
    if (req.accepts(['html', 'json']) === 'html') {
      res.type('html').send(sayProblem(content, req, res))
      return
    }
    const detail = help === undefined ? message : `${message} ${help}`
    res.type('application/problem+json').send(JSON.stringify({ title, status, detail }))
  }
  return {
    send: (req, res, page) => {
      res.status(page.status ?? 200)
      res.type('html').send(render(req, res, page))
    },
    sendProblem,
    renderPage: sayProblem,
    notFound: (req, res) => sendProblem(req, res, noSuchPage),
  }
}

const noSuchPage: PageContent = {
  status: 404,
  title: 'There is no such page',
  message: 'Nothing is at this address.',
  help: 'Check it, or go on from the start page.',
  actions: [{ kind: 'link', label: 'Start page', href: '/' }],
}

function toViewer({ account, csrfToken }: SignInState): Viewer {
  return { name: account.name ?? account.username, csrfToken }
}
