import { version } from '@patkit/core'
import type { SignInState } from '@patkit/express'
import type { Settings } from './settings.js'

/** What the libraries are called that do the work; stands at the foot of every page. */
export const footer = `patkit ${version} · Express · MSAL Node · DataTables · Pico CSS`

/** The start page: an invitation to sign in, or what one can do. */
export function Home({ settings, signIn }: { readonly settings: Settings; readonly signIn: SignInState | undefined }) {
  return signIn === undefined ? <Welcome settings={settings} /> : <Overview settings={settings} signIn={signIn} />
}

function Welcome({ settings: { organization, demoPerson } }: { readonly settings: Settings }) {
  const hint = demoPerson === undefined ? '' : `?${new URLSearchParams({ login_hint: demoPerson }).toString()}`
  return (
    <section>
      <h1>Personal access tokens of {organization}</h1>
      <p>
        See and manage your own tokens. Administrators also see the tokens of everybody in the organization: whose they
        are, what they may do, and when they end.
      </p>
      <div class="row">
        <a role="button" href={`/login${hint}`}>
          {demoPerson === undefined ? 'Sign in with Microsoft' : `Sign in as ${demoPerson}`}
        </a>
        {demoPerson === undefined ? null : (
          <a role="button" class="quiet" href="/login?prompt=select_account">
            Sign in as somebody else
          </a>
        )}
      </div>
    </section>
  )
}

function Overview({
  settings: { organization },
  signIn,
}: {
  readonly settings: Settings
  readonly signIn: SignInState
}) {
  const { name, username } = signIn.account
  return (
    <section>
      <h1>Welcome, {name ?? username}</h1>
      <p>
        You are signed in as <strong>{username}</strong> to the organization <strong>{organization}</strong>.
      </p>
      <div class="grid">
        <article>
          <h2>Your tokens</h2>
          <ul>
            <li>
              <a href="/pats">Get all tokens</a>
            </li>
            <li>
              <a href="/pat_get">Get one token by its authorization id</a>
            </li>
            <li>
              <a href="/pats/new">Create a token</a>
            </li>
            <li>
              <a href="/pats">Update, rotate or revoke a token</a> (choose it in the list)
            </li>
          </ul>
        </article>
        <article>
          <h2>Everybody’s tokens</h2>
          <p>For members of Project Collection Administrators.</p>
          <p>
            <a href="/reports">Report of the organization</a>
          </p>
        </article>
      </div>
    </section>
  )
}
