import type { SignInPaths, SignInState } from '@patkit/express'
import type { Settings } from '../settings.js'

interface Props {
  readonly settings: Settings
  readonly paths: SignInPaths
  readonly signIn: SignInState | undefined
}

/** The start page: an invitation to sign in, or what one can do. */
export function Home({ settings, paths, signIn }: Props) {
  return signIn === undefined ? (
    <Welcome settings={settings} paths={paths} />
  ) : (
    <Overview settings={settings} paths={paths} signIn={signIn} />
  )
}

const directoryNames = {
  b2c: 'Azure AD B2C',
  'external-id': 'Microsoft Entra External ID',
  'single-tenant': 'Microsoft Entra ID',
  organizations: 'Microsoft Entra ID',
  common: 'Microsoft Entra ID',
  consumers: 'personal Microsoft accounts',
} as const

function Welcome({ settings: { auth, demoPerson }, paths }: Omit<Props, 'signIn'>) {
  const hint = demoPerson === undefined ? '' : `?${new URLSearchParams({ login_hint: demoPerson }).toString()}`
  const { authority } = auth
  const directory = directoryNames[authority.kind === 'multi-tenant' ? authority.audience : authority.kind]
  return (
    <section>
      <h1>Sign in</h1>
      <p>People sign in here with {directory}.</p>
      <div class="row">
        <a role="button" href={paths.signIn + hint}>
          {demoPerson === undefined ? 'Sign in' : `Sign in as ${demoPerson}`}
        </a>
        {demoPerson === undefined ? null : (
          <a role="button" class="quiet" href={`${paths.signIn}?prompt=login`}>
            Sign in as somebody else, or sign up
          </a>
        )}
        {paths.resetPassword === undefined ? null : <a href={paths.resetPassword}>Forgot your password?</a>}
      </div>
    </section>
  )
}

function Overview({ settings, paths, signIn }: Props & { readonly signIn: SignInState }) {
  const { name, username } = signIn.account
  return (
    <section>
      <h1>Welcome, {name ?? username}</h1>
      <ul>
        <li>
          <a href="/claims">What this application knows about you</a>
        </li>
        {settings.auth.endpoint === undefined ? null : (
          <li>
            <a href="/call_downstream_api">Call a web API</a>
          </li>
        )}
        {paths.editProfile === undefined ? null : (
          <li>
            <a href={`${paths.editProfile}?returnTo=%2Fclaims`}>Edit your profile</a>
          </li>
        )}
        {paths.resetPassword === undefined ? null : (
          <li>
            <a href={paths.resetPassword}>Reset your password</a>
          </li>
        )}
      </ul>
    </section>
  )
}
