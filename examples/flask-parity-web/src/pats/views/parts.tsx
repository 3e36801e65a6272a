import type { PatFaults, PatField } from '../check-pat-form.js'
import type { Notice } from '../refusal.js'
import { describeScope, fullAccess, splitScopes } from '../scopes.js'
import { absoluteTime, relativeTime } from './time.js'
import type { PersonalToken } from '@patkit/core'
import { flagsOf, type TokenStatus } from '@patkit/report'
import type { ComponentChildren } from 'preact'

/** Longer names are folded, so that one of them does not fill the page. */
const longestOpenName = 120

/** Name of a token as its owner wrote it, whatever it is. */
export function TokenName({ pat }: { readonly pat: Pick<PersonalToken, 'displayName'> }) {
  const name = pat.displayName ?? ''
  if (name.trim() === '') return <em>without a name</em>
  if (name.length <= longestOpenName) return <bdi>{name}</bdi>
  return (
    <details>
      <summary>
        <bdi>{shortName(pat, 60)}</bdi> ({name.length.toLocaleString('en')} characters)
      </summary>
      <bdi>{name}</bdi>
    </details>
  )
}

const graphemes = new Intl.Segmenter('en')

/** The beginning of a name, for where there is room for a few words only. */
export function shortName({ displayName }: Pick<PersonalToken, 'displayName'>, most = longestOpenName): string {
  const name = displayName?.trim() ?? ''
  if (name === '') return 'without a name'
  if (name.length <= most) return name
  // Whole characters, as people see them; only as much as can be needed is looked at.
  const characters = Array.from(graphemes.segment(name.slice(0, most * 12)), ({ segment }) => segment)
  return characters.length > most || name.length > most * 12 ? `${characters.slice(0, most).join('')}…` : name
}

interface WhenProps {
  readonly time: Date | null
  readonly text: string | null
  readonly now: Date
  /** Where room is scarce: the words stand under the time, and that it is UTC is said elsewhere. */
  readonly isStacked?: boolean
}

/** A time, in UTC and from now; the service's own text where that is no time. */
export function When({ time, text, now, isStacked = false }: WhenProps) {
  if (time === null) return text === null ? <>unknown</> : <bdi>{text}</bdi>
  if (time.getUTCFullYear() >= 9999) return <>never</>
  return (
    <>
      <time dateTime={time.toISOString()}>
        {isStacked ? absoluteTime(time).replace(' UTC', '') : absoluteTime(time)}
      </time>
      {isStacked ? <br /> : ' '}
      <span class="quiet-text">({relativeTime(time, now)})</span>
    </>
  )
}

const statusWords: Readonly<Record<TokenStatus, readonly [sign: string, word: string, look: string]>> = {
  active: ['✓', 'Active', 'active'],
  expiring: ['!', 'Expires soon', 'expiring'],
  expired: ['○', 'Expired', ''],
  revoked: ['✕', 'Revoked', ''],
}

export function StatusBadge({ status }: { readonly status: TokenStatus }) {
  const [sign, word, look] = statusWords[status]
  return (
    <span class={`badge ${look}`}>
      <span aria-hidden="true">{sign}</span> {word}
    </span>
  )
}

/** What makes a token worth a second look. */
export function FlagBadges({ pat, isStacked = false }: { readonly pat: PersonalToken; readonly isStacked?: boolean }) {
  const { fullScope, allOrganizations, noExpiry } = flagsOf(pat)
  const words = [
    ...(fullScope ? ['Full access'] : []),
    ...(allOrganizations ? ['All organizations'] : []),
    ...(noExpiry ? ['No expiry'] : []),
  ]
  return (
    <>
      {words.map((word) => (
        <span key={word}>
          {isStacked ? <br /> : ' '}
          <span class="badge bad">
            <span aria-hidden="true">⚠</span> {word}
          </span>
        </span>
      ))}
    </>
  )
}

/** Scopes by their names; many are folded. */
export function ScopeNames({ scope }: { readonly scope: string | null }) {
  const scopes = splitScopes(scope ?? '')
  if (scopes.length === 0) return <em>none</em>
  const names = scopes.map((name) => (
    <span key={name}>
      <code>{name}</code>{' '}
    </span>
  ))
  if (scopes.length <= 4) return <>{names}</>
  return (
    <details>
      <summary>{scopes.length} scopes</summary>
      {names}
    </details>
  )
}

/** Scopes in words. */
export function ScopeWords({ scope }: { readonly scope: string | null }) {
  const scopes = splitScopes(scope ?? '')
  if (scopes.length === 0) return <em>none</em>
  return (
    <ul>
      {scopes.map((name) => (
        <li key={name}>
          <code>{name}</code> {wordsOf(name)} {describeScope(name)?.isHighPrivilege === true ? <HighPrivilege /> : null}
        </li>
      ))}
    </ul>
  )
}

function wordsOf(name: string): string {
  if (name === fullAccess) return 'everything you may do'
  const known = describeScope(name)
  return known === undefined ? '' : `${known.area}: ${known.words}`
}

export function HighPrivilege() {
  return (
    <span class="badge expiring">
      <span aria-hidden="true">!</span> high privilege
    </span>
  )
}

/** Something that went wrong and belongs to no field. */
export function NoticeBox({ notice }: { readonly notice: Notice | undefined }) {
  if (notice === undefined) return null
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{notice.message}</strong> {notice.hint}
      </p>
      {notice.reference === undefined ? null : <small>Reference at the service: {notice.reference}</small>}
    </div>
  )
}

/** All that is wrong with a form, each a link to its place. */
export function FaultSummary({ faults }: { readonly faults: PatFaults }) {
  const given = Object.entries(faults)
  if (given.length === 0) return null
  return (
    <div class="notice bad" role="alert">
      <p>
        <strong>{given.length === 1 ? 'Something has to be corrected:' : 'Some things have to be corrected:'}</strong>
      </p>
      <ul>
        {given.map(([field, fault]) => (
          <li key={field}>
            <a href={`#${field}`}>{fault}</a>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** What is wrong with a field, beside it. */
export function FieldFault({ field, faults }: { readonly field: PatField; readonly faults: PatFaults }) {
  const fault = faults[field]
  return fault === undefined ? null : (
    <span class="fault" id={faultId(field)}>
      {fault}
    </span>
  )
}

export function faultId(field: PatField): string {
  return `${field}-fault`
}

/** A row of actions. */
export function Actions({ children }: { readonly children: ComponentChildren }) {
  return <div class="row">{children}</div>
}
