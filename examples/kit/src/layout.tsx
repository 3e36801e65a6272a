import type { ComponentChildren, JSX } from 'preact'
import { themes, type Theme } from './theme.js'

/** What is the same on every page of a site. */
export interface Site {
  readonly name: string
  /** Pages that can be reached from everywhere; those for members are shown to who is signed in. */
  readonly navigation: readonly { readonly href: string; readonly label: string }[]
  /** What stands at the foot, such as the libraries that are used. */
  readonly footer: string
  /** A word to everybody, such as that this is a demonstration. */
  readonly banner?: string | undefined
}

/** Who looks at a page. */
export interface Viewer {
  readonly name: string
  readonly csrfToken: string
}

/** What a page is made with. */
export interface LayoutProps {
  readonly site: Site
  readonly title: string
  readonly viewer: Viewer | undefined
  readonly theme: Theme
  /** Where the page is, to mark it in the navigation and to come back to it. */
  readonly path: string
  readonly style: string
  readonly scripts: readonly string[]
  /** Opens another page, or the same again, by itself after some seconds. */
  readonly refresh?: Refresh | undefined
  readonly children: ComponentChildren
}

/** An address to open by itself; `withoutScript` only where the page's script does not run. */
export interface Refresh {
  readonly seconds: number
  readonly url: string
  readonly when: 'always' | 'without-script'
}

/** A whole page. */
export function Layout({ site, title, viewer, theme, path, style, scripts, refresh, children }: LayoutProps) {
  return (
    <html lang="en" data-theme={theme === 'auto' ? undefined : theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content={theme === 'auto' ? 'light dark' : theme} />
        <title>{title === site.name ? title : `${title} · ${site.name}`}</title>
        <link rel="stylesheet" href={style} />
        <link rel="icon" href="data:," />
        {scripts.map((script) => (
          <script key={script} type="module" src={script} />
        ))}
        {refresh === undefined ? null : <RefreshTag {...refresh} />}
      </head>
      <body>
        <a class="skip" href="#content">
          Skip to the content
        </a>
        <header class="container site-header">
          <Navigation site={site} viewer={viewer} path={path} />
          {site.banner === undefined ? null : <p class="notice">{site.banner}</p>}
        </header>
        <main id="content" class="container" tabIndex={-1}>
          {children}
        </main>
        <footer class="container site-footer">
          <ThemeForm theme={theme} path={path} />
          <small>{site.footer}</small>
        </footer>
      </body>
    </html>
  )
}

function RefreshTag({ seconds, url, when }: Refresh): JSX.Element {
  const tag = <meta http-equiv="refresh" content={`${seconds};url=${url}`} />
  return when === 'always' ? tag : <noscript>{tag}</noscript>
}

function Navigation({ site, viewer, path }: Pick<LayoutProps, 'site' | 'viewer' | 'path'>) {
  const [page = '/'] = path.split('?', 1)
  return (
    <nav aria-label="Main">
      <ul>
        <li>
          <a class="site-name" href="/" aria-current={page === '/' ? 'page' : undefined}>
            {site.name}
          </a>
        </li>
        {viewer === undefined
          ? null
          : site.navigation.map(({ href, label }) => (
              <li key={href}>
                <a href={href} aria-current={currentIn(href, page)}>
                  {label}
                </a>
              </li>
            ))}
      </ul>
      {viewer === undefined ? null : (
        <form class="row" method="post" action="/logout">
          <CsrfField token={viewer.csrfToken} />
          <span class="quiet-text">{viewer.name}</span>
          <button class="quiet">Sign out</button>
        </form>
      )}
    </nav>
  )
}

/** What an entry of the navigation is to who is on a page: that page itself, or the part of the site that it belongs to. */
function currentIn(href: string, page: string): 'page' | 'true' | undefined {
  if (page === href) return 'page'
  return page.startsWith(`${href}/`) ? 'true' : undefined
}

/** Proves that a form was sent from a page of this session. Belongs into every form that changes something. */
export function CsrfField({ token }: { readonly token: string }) {
  return <input type="hidden" name="_csrf" value={token} />
}

function ThemeForm({ theme, path }: Pick<LayoutProps, 'theme' | 'path'>) {
  return (
    <form class="theme" method="post" action="/theme">
      <input type="hidden" name="returnTo" value={path} />
      <fieldset>
        <legend>Appearance</legend>
        {themes.map((each) => (
          <button key={each} class="quiet" name="theme" value={each} aria-pressed={each === theme}>
            {each}
          </button>
        ))}
      </fieldset>
    </form>
  )
}
