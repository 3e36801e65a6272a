import type { CreatePat, PersonalToken, UpdatePat } from '@patkit/core'
import { flagsOf } from '@patkit/report'
import { fieldsOf } from './fields.js'
import { fullAccess, splitScopes } from './scopes.js'

/** Days after which a new token may end, to choose from. */
export const expiryDays = [7, 30, 60, 90] as const

/** Longest life of a token that the service allows, in days. */
export const longestLifeDays = 365

/** The first day of no more tokens for all organizations, and the day on which all of them stop working. */
export const allOrganizationsRetirement = { creation: '2026-03-15', use: '2026-12-01' } as const

const dayMs = 86_400_000

/** When a token is to end: after so many days, at the end of a day, at an exact time, or as it does now. */
export type Expiry = `${(typeof expiryDays)[number]}` | 'date' | 'exact' | 'keep'

/** What somebody entered about a token, as it was entered. */
export interface PatForm {
  readonly authorizationId: string
  readonly displayName: string
  readonly access: 'scopes' | 'full'
  readonly confirmsFullAccess: boolean
  readonly scopes: readonly string[]
  readonly expiry: Expiry
  /** A day such as `2026-12-24`, for `date`. */
  readonly expiresOn: string
  /** The originals' free text, for `exact`. */
  readonly validTo: string
  readonly organizations: 'this' | 'all'
  readonly confirmsAllOrganizations: boolean
}

/** The parts of the form at which something can be wrong. */
export type PatField = 'displayName' | 'scope' | 'validTo' | 'organizations'

/** What is wrong, in a sentence each. */
export type PatFaults = Readonly<Partial<Record<PatField, string>>>

/**
 * Reads what was entered: the fields of our forms, and those of the originals (`authid`, `displayname`, `scope`, `validto`, `allorgs`).
 *
 * @param otherwise - When a token is to end if nothing was entered about it.
 */
export function readPatForm(body: unknown, otherwise: Expiry): PatForm {
  const { text, all, has } = fieldsOf(body)
  const scopes = splitScopes(all('scope').join(' '))
  const validTo = text('validto').trim()
  const isFull = text('access') === 'full' || scopes.includes(fullAccess)
  return {
    authorizationId: text('authorizationId', 'authid').trim(),
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
  const known = [...expiryDays.map((days) => `${days}` as const), 'date', 'exact', 'keep'] as const
  const found = known.find((expiry) => expiry === chosen)
  if (found !== undefined) return found
  if (validTo === '') return otherwise
  return isDay(validTo) ? 'date' : 'exact'
}

/** The form of an existing token, before anybody changed it. */
export function formOf(pat: PersonalToken, expiry: Expiry): PatForm {
  const { fullScope, allOrganizations } = flagsOf(pat)
  return {
    authorizationId: pat.authorizationId,
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
    authorizationId: pat.authorizationId,
    displayName: given.displayName === '' ? old.displayName : given.displayName,
    access: saysScope ? given.access : old.access,
    scopes: saysScope ? given.scopes : old.scopes,
    organizations: saysWhere ? given.organizations : old.organizations,
  }
}

/** What to create, or what is wrong with it. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: PatFaults }

/** Checks a form for a new token. What only the service can know is left to it. */
export function checkNewPat(form: PatForm, now: Date): Checked<CreatePat> {
  const faults = faultsOf(form, now, undefined)
  if (Object.keys(faults).length > 0) return { ok: false, faults }
  const value: CreatePat = {
    displayName: form.displayName.trim(),
    scope: wantedScope(form),
    validTo: endOf(form, now) ?? now,
    organizations: form.organizations === 'all' ? 'all-organizations-i-can-reach' : 'this-organization',
  }
  return { ok: true, value }
}

/** Checks a form for changes, and finds out what is to be changed: only that is sent. */
export function checkChange(form: PatForm, pat: PersonalToken, now: Date): Checked<UpdatePat> {
  const faults = faultsOf(form, now, pat)
  if (Object.keys(faults).length > 0) return { ok: false, faults }
  const old = formOf(pat, 'keep')
  const end = endOf(form, now)
  const value: UpdatePat = {
    authorizationId: pat.authorizationId,
    ...(isSameName(form, pat) ? {} : { displayName: form.displayName.trim() }),
    ...(isSameScope(form, old) ? {} : { scope: wantedScope(form) }),
    ...(end === undefined || end.getTime() === pat.validTo?.getTime() ? {} : { validTo: end }),
    ...(form.organizations === old.organizations
      ? {}
      : { organizations: form.organizations === 'all' ? 'all-organizations-i-can-reach' : 'this-organization' }),
  }
  return { ok: true, value }
}

/** Whether a change changes anything. */
export function isEmptyChange(change: UpdatePat): boolean {
  return Object.keys(change).length === 1
}

/** Browsers take line ends out of a text field, so that a name with some comes back without: that is no new name. */
function isSameName({ displayName }: PatForm, pat: PersonalToken): boolean {
  const shown = (pat.displayName ?? '').replace(/[\r\n]/g, '')
  return displayName === pat.displayName || displayName.trim() === shown.trim()
}

function isSameScope(form: PatForm, old: PatForm): boolean {
  const text = (one: PatForm): string => (one.access === 'full' ? fullAccess : [...one.scopes].sort().join(' '))
  return text(form) === text(old)
}

function wantedScope({ access, scopes }: PatForm): string {
  return access === 'full' ? fullAccess : scopes.join(' ')
}

function faultsOf(form: PatForm, now: Date, pat: PersonalToken | undefined): PatFaults {
  const old = pat === undefined ? undefined : formOf(pat, 'keep')
  const faults: Partial<Record<PatField, string | undefined>> = {
    displayName: nameFault(form, pat),
    scope: scopeFault(form, old),
    validTo: expiryFault(form, now),
    organizations: organizationsFault(form, old),
  }
  return Object.fromEntries(Object.entries(faults).filter(([, fault]) => fault !== undefined))
}

function nameFault(form: PatForm, pat: PersonalToken | undefined): string | undefined {
  if (form.displayName.trim() !== '') return undefined
  // A token that has no name may stay without.
  return pat !== undefined && isSameName(form, pat) ? undefined : 'Enter a name, such as what the token is for.'
}

function scopeFault(form: PatForm, old: PatForm | undefined): string | undefined {
  if (form.access === 'full') {
    if (form.confirmsFullAccess || old?.access === 'full') return undefined
    return 'Tick that you understand what full access means, or choose single scopes.'
  }
  if (form.scopes.length === 0 && !(old?.access === 'scopes' && old.scopes.length === 0))
    return 'Choose at least one scope.'
  const odd = form.scopes.find((scope) => !/^[\w.-]{1,100}$/.test(scope))
  return odd === undefined ? undefined : `${quoted(odd)} is not a scope. Scopes look like vso.code.`
}

function organizationsFault(form: PatForm, old: PatForm | undefined): string | undefined {
  const isNew = form.organizations === 'all' && old?.organizations !== 'all'
  if (!isNew || form.confirmsAllOrganizations) return undefined
  return 'Tick that you understand what a token for all organizations means, or choose this organization.'
}

function expiryFault(form: PatForm, now: Date): string | undefined {
  if (form.expiry === 'keep') return undefined
  if (form.expiry === 'date' && form.expiresOn === '') return 'Enter the last day, such as 2026-12-24.'
  const end = endOf(form, now)
  if (end === undefined) {
    const typed = form.expiry === 'date' ? form.expiresOn : form.validTo
    return `${quoted(typed)} is not a date. Enter one such as 2026-12-24.`
  }
  if (end.getTime() <= now.getTime()) return 'Choose an end that is not past.'
  const latest = latestDay(now)
  return end.getTime() > now.getTime() + longestLifeDays * dayMs
    ? `Choose an end within one year: ${latest} is the last day.`
    : undefined
}

/** When a token of this form ends; `undefined` when it keeps its end, or when what was entered is no time. */
function endOf({ expiry, expiresOn, validTo }: PatForm, now: Date): Date | undefined {
  switch (expiry) {
    case 'keep':
      return undefined
    case 'date':
      return endOfDay(expiresOn, now)
    case 'exact':
      return exactTime(validTo)
    default:
      return new Date(now.getTime() + Number(expiry) * dayMs)
  }
}

/** The last day that can be chosen, as date fields write it. */
export function latestDay(now: Date): string {
  return new Date(now.getTime() + longestLifeDays * dayMs).toISOString().slice(0, 10)
}

/** The end of a day in UTC; on the last day that is allowed, the last moment that is. */
function endOfDay(day: string, now: Date): Date | undefined {
  const end = isDay(day) ? new Date(`${day}T23:59:59Z`) : new Date(NaN)
  if (Number.isNaN(end.getTime()) || end.toISOString().slice(0, 10) !== day) return undefined
  return day === latestDay(now) ? new Date(Math.min(end.getTime(), now.getTime() + longestLifeDays * dayMs)) : end
}

/** A time with its zone; one without a zone means UTC, so that it does not depend on where the server stands. */
export function exactTime(text: string): Date | undefined {
  if (!/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?(?:Z|[+-]\d\d:\d\d)?$/i.test(text)) return undefined
  const time = new Date(/(?:Z|[+-]\d\d:\d\d)$/i.test(text) ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(time.getTime()) ? undefined : time
}

const isDay = (text: string): boolean => /^\d{4}-\d\d-\d\d$/.test(text)

const isYes = (text: string): boolean => ['true', 'yes', 'on', '1'].includes(text.trim().toLowerCase())

const quoted = (text: string): string => `“${text.length > 60 ? `${text.slice(0, 60)}…` : text}”`

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
