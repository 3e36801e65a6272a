import type { AccessToken, Account } from '@patkit/core'
import { Moment } from './moment.js'

interface Props {
  readonly account: Account
  /** `undefined` when the ID token does not say. */
  readonly idTokenEnds: Date | undefined
  /** Only its end is shown. */
  readonly accessToken: Pick<AccessToken, 'expiresOnTimestamp'> | 'not-there' | 'not-configured'
  readonly now: Date
}

/** What is known about who is signed in. Never a token. */
export function ClaimsPage({ account, idTokenEnds, accessToken, now }: Props) {
  const { claims } = account
  return (
    <section>
      <h1>What this application knows about you</h1>
      <dl>
        <Fact name="Name">{account.name}</Fact>
        <Fact name="E-mail">{account.email}</Fact>
        <Fact name="User name">{account.username}</Fact>
        <Fact name="User flow">{userFlowOf(account)}</Fact>
        <Fact name="Issuer">{textOf(claims['iss'])}</Fact>
        <Fact name="Identity provider">{textOf(claims['idp'])}</Fact>
        <Fact name="Object id">{account.objectId}</Fact>
        <Fact name="Tenant id">{account.tenantId}</Fact>
        <div>
          <dt>ID token ends</dt>
          <dd>{idTokenEnds === undefined ? 'it does not say' : <Moment at={idTokenEnds} now={now} />}</dd>
        </div>
        {accessToken === 'not-configured' ? null : (
          <div>
            <dt>Access token ends</dt>
            <dd>
              {accessToken === 'not-there' ? (
                'there is none yet'
              ) : (
                <Moment at={new Date(accessToken.expiresOnTimestamp)} now={now} />
              )}
            </dd>
          </div>
        )}
      </dl>
      <AllClaims claims={claims} />
    </section>
  )
}

/** One fact; nothing where nothing is known. */
function Fact({ name, children }: { readonly name: string; readonly children: string | undefined }) {
  return children === undefined || children === '' ? null : (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </div>
  )
}

function AllClaims({ claims }: Pick<Account, 'claims'>) {
  return (
    <details>
      <summary>All claims of the ID token</summary>
      <table class="cards">
        <thead>
          <tr>
            <th scope="col">Claim</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(claims).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td data-label="Value">
                <ClaimValue name={name} text={typeof value === 'string' ? value : JSON.stringify(value)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function ClaimValue({ name, text }: { readonly name: string; readonly text: string }) {
  if (isToken(name, text)) return <em>a token, which is not shown</em>
  if (text.length <= mostCharacters) return <bdi>{text}</bdi>
  return (
    <details>
      <summary>{text.length.toLocaleString('en-US')} characters</summary>
      <bdi>{text}</bdi>
    </details>
  )
}

const mostCharacters = 400

/** Custom policies can put the token of another identity provider into a claim of any name; `idp_access_token` is no part of an account. */
function isToken(name: string, text: string): boolean {
  return /token/i.test(name) || /\beyJ[\w-]+\.[\w-]+\./.test(text)
}

/** The policy as the token names it: `tfp`, or `acr` where the user flow is set to that. Elsewhere `acr` means something else. */
function userFlowOf({ userFlow, claims }: Account): string | undefined {
  return userFlow === undefined ? undefined : (textOf(claims['tfp']) ?? textOf(claims['acr']))
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
