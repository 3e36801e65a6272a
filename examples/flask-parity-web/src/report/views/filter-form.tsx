import type { ComponentChildren } from 'preact'
import { flagChoices, longestText, noFilter, statusChoices, withinChoices } from '../filter.js'
import { addressQuery, sortingToQuery } from '../sort.js'
import type { ReportView } from '../view-model.js'

const statusLabels = {
  working: 'Still work',
  active: 'Active',
  expiring: 'Expiring',
  expired: 'Expired',
  revoked: 'Revoked',
} as const
const flagLabels = {
  'full-access': 'Full access',
  'all-organizations': 'All organizations',
  'long-life': 'Valid over 180 days',
  'no-expiry': 'No expiry',
} as const

/** Which tokens are shown. Without script it is sent; with it, it acts at once. */
export function FilterForm({ view: { filter, sorting } }: { readonly view: ReportView }) {
  const within = filter.withinDays === undefined ? '' : String(filter.withinDays)
  return (
    <search aria-label="Filter the tokens">
      <form id="filter" method="get" action="#tokens-heading">
        {Object.entries(sortingToQuery(sorting)).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <div class="fields">
          <Field label="Text">
            <input name="q" value={filter.text} maxLength={longestText} placeholder="Any word" />
          </Field>
          <Field label="Owner">
            <input name="owner" value={filter.owner} maxLength={longestText} placeholder="Name or mail" />
          </Field>
          <Field label="Status">
            <Select name="status" value={filter.status} choices={labelled(statusChoices, statusLabels)} />
          </Field>
          <Field label="Ends within">
            <Select
              name="within"
              value={within}
              choices={withinChoices.map((days) => [String(days), `${days} days`])}
            />
          </Field>
          <Field label="Ends in">
            <input type="month" name="month" value={filter.month} placeholder="2026-12" />
          </Field>
          <Field label="Scope">
            <input name="scope" value={filter.scope} maxLength={longestText} placeholder="vso.code" />
          </Field>
          <Field label="Look at">
            <Select name="flag" value={filter.flag} choices={labelled(flagChoices, flagLabels)} />
          </Field>
          <div class="row">
            <button class="quiet">Filter</button>
            <a id="clear-filter" href={`?${addressQuery(noFilter, sorting).toString()}#tokens-heading`}>
              Show all
            </a>
          </div>
        </div>
      </form>
    </search>
  )
}

function labelled<T extends string>(choices: readonly T[], labels: Readonly<Record<T, string>>): [string, string][] {
  return choices.map((each) => [each, labels[each]])
}

function Field({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <label>
      {label}
      {children}
    </label>
  )
}

interface SelectProps {
  readonly name: string
  readonly value: string
  readonly choices: readonly (readonly [value: string, label: string])[]
}

function Select({ name, value, choices }: SelectProps) {
  // An address may hold what the list does not offer, such as another number of days.
  const all = value === '' || choices.some(([each]) => each === value) ? choices : [...choices, [value, value] as const]
  return (
    <select name={name}>
      <option value="">Any</option>
      {all.map(([each, label]) => (
        <option key={each} value={each} selected={each === value}>
          {label}
        </option>
      ))}
    </select>
  )
}
