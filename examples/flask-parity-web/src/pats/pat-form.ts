import { expiryDays, isDay, type Expiry, type ExpiryChoice } from './expiry.js'
import { fieldsOf } from './fields.js'
import { fullAccess, splitScopes } from './scopes.js'
import type { PersonalToken } from '@patkit/core'
import { flagsOf } from '@patkit/report'

/** The first day of no more tokens for all organizations, and the day on which all of them stop working. */
export const allOrganizationsRetirement = { creation: '2026-03-15', use: '2026-12-01' } as const

/** What somebody entered about a token, as it was entered. */
export interface PatForm extends ExpiryChoice {
  readonly displayName: string
  readonly access: 'scopes' | 'full'
  readonly confirmsFullAccess: boolean
  readonly scopes: readonly string[]
  readonly organizations: 'this' | 'all'
  readonly confirmsAllOrganizations: boolean
}

/**
 * Reads what was entered: the fields of our forms, and those of the originals (`displayname`, `scope`, `validto`, `allorgs`).
 *
 * @param otherwise - When a token is to end if nothing was entered about it; `keep` only of one that has an end.
 */
export function readPatForm(body: unknown, otherwise: Expiry): PatForm {
  const { text, all, has } = fieldsOf(body)
  const scopes = splitScopes(all('scope').join(' '))
  const validTo = text('validto').trim()
  const isFull = text('access') === 'full' || scopes.includes(fullAccess)
  return {
    displayName: text('displayName', 'displayname'),
    access: isFull ? 'full' : 'scopes',
    confirmsFullAccess: has('confirmFullAccess'),
    scopes: scopes.filter((scope) => scope !== fullAccess),
    expiry: readExpiry(text('expiry'), validTo, otherwise),
    expiresOn: isDay(validTo) && !has('expiry') ? validTo : text('expiresOn').trim(),
    validTo,
    organizations: text('organizations') === 'all' || isYes(text('allorgs')) ? 'all' : 'this',
    confirmsAllOrganizations: has('confirmAllOrganizations'),
  }
}

function readExpiry(chosen: string, validTo: string, otherwise: Expiry): Expiry {
  const known = [...expiryDays.map((days) => `${days}` as const), 'date', 'exact', otherwise] as const
  const found = known.find((expiry) => expiry === chosen)
  if (found !== undefined) return found
  if (validTo === '') return otherwise
  return isDay(validTo) ? 'date' : 'exact'
}

/** The form of an existing token, before anybody changed it. */
export function formOf(pat: PersonalToken, expiry: Expiry): PatForm {
  const { fullScope, allOrganizations } = flagsOf(pat)
  return {
    displayName: pat.displayName ?? '',
    access: fullScope ? 'full' : 'scopes',
    confirmsFullAccess: false,
    scopes: splitScopes(pat.scope ?? '').filter((scope) => scope !== fullAccess),
    expiry,
    expiresOn: '',
    validTo: '',
    organizations: allOrganizations ? 'all' : 'this',
    confirmsAllOrganizations: false,
  }
}

/** Lays what the originals' form for changes says over a token: what is left empty there stays as it is. */
export function overlay(pat: PersonalToken, body: unknown): PatForm {
  const { has } = fieldsOf(body)
  const [given, old] = [readPatForm(body, 'keep'), formOf(pat, 'keep')]
  const saysScope = has('scope') || has('access')
  const saysWhere = has('allorgs') || has('organizations')
  return {
    ...given,
    displayName: given.displayName === '' ? old.displayName : given.displayName,
    access: saysScope ? given.access : old.access,
    scopes: saysScope ? given.scopes : old.scopes,
    organizations: saysWhere ? given.organizations : old.organizations,
  }
}

const isYes = (text: string): boolean => ['true', 'yes', 'on', '1'].includes(text.trim().toLowerCase())

/** The form as it stands in an address, to be filled in again; `undefined` when it is too long for one. */
export function formToQuery(form: PatForm): string | undefined {
  const scope = form.access === 'full' ? fullAccess : form.scopes.join(' ')
  const fields = {
    displayname: form.displayName,
    scope,
    validto: form.expiry === 'date' ? form.expiresOn : form.validTo,
    allorgs: form.organizations === 'all' ? 'true' : '',
  }
  const text = new URLSearchParams(Object.entries(fields).filter(([, value]) => value !== '')).toString()
  return text.length > 1500 ? undefined : text
}
