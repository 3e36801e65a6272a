import { endOf, expiryFault, quoted } from './expiry.js'
import { formOf, type PatForm } from './pat-form.js'
import { fullAccess } from './scopes.js'
import type { CreatePat, PersonalToken, UpdatePat } from '@patkit/core'

/** The parts of the form at which something can be wrong. */
export type PatField = 'displayName' | 'scope' | 'validTo' | 'organizations'

/** What is wrong, in a sentence each. */
export type PatFaults = Readonly<Partial<Record<PatField, string>>>

/** What to create, or what is wrong with it. */
export type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: PatFaults }

/** Checks a form for a new token. What only the service can know is left to it. */
export function checkNewPat(form: PatForm, now: Date): Checked<CreatePat> {
  const faults = faultsOf(form, now, undefined)
  const validTo = endOf(form, now)
  if (validTo === undefined || Object.keys(faults).length > 0) return { ok: false, faults }
  const value: CreatePat = {
    displayName: form.displayName.trim(),
    scope: wantedScope(form),
    validTo,
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
