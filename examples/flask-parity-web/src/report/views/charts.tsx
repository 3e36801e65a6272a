import { charts, type Totals } from '../totals.js'
import { number } from '../words.js'

/** When working tokens end, and what they may do: tables whose bars filter the tokens below. */
export function Charts({ totals }: { readonly totals: Totals }) {
  return (
    <details open>
      <summary>Charts</summary>
      <div class="grid">
        {charts.map(({ name, caption, head, queryOf }) => (
          <table key={name} class="chart">
            <caption>{caption}</caption>
            <thead>
              <tr>
                <th scope="col">{head}</th>
                <th scope="col">Tokens</th>
              </tr>
            </thead>
            <tbody id={name}>
              <Bars entries={totals[name]} queryOf={queryOf} />
            </tbody>
          </table>
        ))}
      </div>
    </details>
  )
}

function Bars({ entries, queryOf }: { entries: Totals['months']; queryOf: (name: string) => string }) {
  const most = Math.max(1, ...entries.map(([, tokens]) => tokens))
  return (
    <>
      {entries.map(([name, tokens]) => (
        <tr key={name}>
          <th scope="row">
            <a href={`?${queryOf(name)}#tokens-heading`}>{name}</a>
          </th>
          <td>
            <meter min={0} max={most} value={tokens} aria-hidden="true" /> {number(tokens)}
          </td>
        </tr>
      ))}
    </>
  )
}
