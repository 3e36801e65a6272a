import type { Account } from '@patkit/core'

/** When something ends. */
export interface Expiry {
  readonly name: string
  readonly at: Date | undefined
}

/** What is known about who is signed in. Never a token. */
export function ClaimsPage({ account, expiries }: { readonly account: Account; readonly expiries: readonly Expiry[] }) {
  const { claims } = account
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Name', account.name],
    ['E-mail', account.email],
    ['User name', account.username],
    ['User flow', textOf(claims['tfp']) ?? textOf(claims['acr'])],
    ['Issuer', textOf(claims['iss'])],
    ['Identity provider', textOf(claims['idp'])],
    ['Object id', account.objectId],
    ['Tenant id', account.tenantId],
  ]
  return (
    <section>
      <h1>What this application knows about you</h1>
      <dl>
        {facts.flatMap(([name, value]) =>
          value === undefined || value === ''
            ? []
            : [
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>,
              ],
        )}
        {expiries.map(({ name, at }) => (
          <div key={name}>
            <dt>{name} ends</dt>
            <dd>{at === undefined ? 'not asked for yet' : <time dateTime={at.toISOString()}>{inWords(at)}</time>}</dd>
          </div>
        ))}
      </dl>
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
                <td data-label="Value">{typeof value === 'string' ? value : JSON.stringify(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  )
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

function inWords(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
