import { checkChange, checkNewPat, isEmptyChange } from './check-pat-form.js'
import { latestDay } from './expiry.js'
import { formOf, formToQuery, overlay, readPatForm, type PatForm } from './pat-form.js'
import type { PersonalToken } from '@patkit/core'
import { describe, expect, it } from 'vitest'

const now = new Date('2026-04-10T15:30:00.000Z')

const pat: PersonalToken = {
  authorizationId: 'aaaaaaaa-0000-4000-8000-000000000001',
  displayName: 'ci',
  scope: 'vso.build vso.code',
  targetAccounts: ['11111111-0000-4000-8000-000000000001'],
  validFrom: new Date('2026-04-01T00:00:00Z'),
  validFromText: '2026-04-01T00:00:00Z',
  validTo: new Date('2026-06-01T00:00:00Z'),
  validToText: '2026-06-01T00:00:00Z',
}

const good: PatForm = readPatForm({ displayName: 'ci', scope: 'vso.code', expiry: '7' }, '30')

/** What would be created, or the faults. */
function check(fields: object): unknown {
  const checked = checkNewPat(readPatForm({ displayName: 'ci', scope: 'vso.code', ...fields }, '30'), now)
  return checked.ok ? checked.value : checked.faults
}

describe('readPatForm()', () => {
  it('reads the fields of the originals', () => {
    const fields = {
      displayname: 'x',
      scope: 'vso.a, vso.b  vso.a',
      validto: '2026-05-01',
      allorgs: 'True',
    }
    expect(readPatForm(fields, '30')).toMatchObject({
      displayName: 'x',
      access: 'scopes',
      scopes: ['vso.a', 'vso.b'],
      expiry: 'date',
      expiresOn: '2026-05-01',
      organizations: 'all',
      confirmsAllOrganizations: false,
    })
  })

  it('prefers its own fields, and takes app_token for full access', () => {
    const fields = { displayName: 'ours', displayname: 'theirs', scope: ['vso.code', 'app_token'], access: 'scopes' }
    expect(readPatForm(fields, '30')).toMatchObject({ displayName: 'ours', access: 'full', scopes: ['vso.code'] })
  })

  it.each([undefined, null, 'text', 7, [], { displayName: { a: 1 }, scope: 5, expiry: ['x'] }])(
    'makes an empty form of %o',
    (body) => {
      expect(readPatForm(body, '30')).toEqual(readPatForm({}, '30'))
    },
  )

  it('keeps an end only where there is one', () => {
    expect(readPatForm({ expiry: 'keep' }, '30').expiry).toBe('30')
    expect(readPatForm({ expiry: 'keep' }, 'keep').expiry).toBe('keep')
  })

  it('takes nothing from prototypes', () => {
    expect(readPatForm(Object.create({ displayName: 'inherited' }), '30').displayName).toBe('')
  })
})

describe('the end of a new token', () => {
  it.each([
    ['7', '2026-04-17T15:30:00.000Z'],
    ['90', '2026-07-09T15:30:00.000Z'],
  ])('is %s days from now', (expiry, end) => {
    expect(check({ expiry })).toMatchObject({ validTo: new Date(end) })
  })

  it.each([
    ['2026-04-10', '2026-04-10T23:59:59.000Z'],
    ['2026-12-31', '2026-12-31T23:59:59.000Z'],
    // The last day that is allowed ends when the year is over, not with the day.
    ['2027-04-10', '2027-04-10T15:30:00.000Z'],
  ])('is the end of %s', (expiresOn, end) => {
    expect(check({ expiry: 'date', expiresOn })).toMatchObject({ validTo: new Date(end) })
  })

  it.each([
    ['2026-05-01T10:00:00Z', '2026-05-01T10:00:00.000Z'],
    ['2026-05-01T10:00:00.1234567+02:00', '2026-05-01T08:00:00.123Z'],
    ['2026-05-01 10:00', '2026-05-01T10:00:00.000Z'],
  ])('is exactly %s, UTC where it has no zone', (validto, end) => {
    expect(check({ validto })).toMatchObject({ validTo: new Date(end) })
  })

  it.each([
    [{ validto: 'tomorrow' }, '“tomorrow” is not a date. Enter one such as 2026-12-24.'],
    [{ validto: '2026-02-30' }, '“2026-02-30” is not a date. Enter one such as 2026-12-24.'],
    [{ validto: '2026-02-30T10:00:00Z' }, '“2026-02-30T10:00:00Z” is not a date. Enter one such as 2026-12-24.'],
    [{ validto: '2026-04-10T15:30:00Z' }, 'Choose an end that is not past.'],
    [{ expiry: 'date', expiresOn: '2026-04-09' }, 'Choose an end that is not past.'],
    [{ expiry: 'date', expiresOn: '2027-04-11' }, 'Choose an end within one year: 2027-04-10 is the last day.'],
    [{ expiry: 'date' }, 'Enter the last day, such as 2026-12-24.'],
    [{ validto: 'x'.repeat(500) }, `“${'x'.repeat(60)}…” is not a date. Enter one such as 2026-12-24.`],
  ])('is refused: %o', (fields, validTo) => {
    expect(check(fields)).toEqual({ validTo })
  })

  it('is at most the day that the field allows', () => {
    expect(latestDay(now)).toBe('2027-04-10')
  })
})

describe('checkNewPat()', () => {
  it('asks for a tick before full access and all organizations, and sends full access alone', () => {
    expect(Object.keys(check({ access: 'full', organizations: 'all' }) as object)).toEqual(['scope', 'organizations'])
    const ticks = { confirmFullAccess: 'yes', confirmAllOrganizations: 'yes' }
    expect(check({ access: 'full', organizations: 'all', ...ticks })).toMatchObject({
      scope: 'app_token',
      organizations: 'all-organizations-i-can-reach',
    })
  })
})

describe('checkChange()', () => {
  const change = (form: PatForm, token = pat): unknown => {
    const checked = checkChange(form, token, now)
    return checked.ok ? checked.value : checked.faults
  }

  it('finds nothing to send in a form that is as the token is', () => {
    const checked = checkChange(formOf(pat, 'keep'), pat, now)
    expect(checked.ok && isEmptyChange(checked.value)).toBe(true)
  })

  it('does not mind the order of scopes', () => {
    expect(change({ ...formOf(pat, 'keep'), scopes: ['vso.code', 'vso.build'] })).toEqual({
      authorizationId: pat.authorizationId,
    })
  })

  it('lets a token stay without a name or a scope that it never had', () => {
    const bare = { ...pat, displayName: null, scope: null }
    expect(change(formOf(bare, 'keep'), bare)).toEqual({ authorizationId: pat.authorizationId })
    expect(change({ ...formOf(pat, 'keep'), displayName: '' })).toHaveProperty('displayName')
  })

  it('asks for no tick where nothing new is allowed', () => {
    const wide = { ...pat, scope: 'app_token', targetAccounts: null }
    expect(change({ ...formOf(wide, 'keep'), displayName: 'new' }, wide)).toEqual({
      authorizationId: pat.authorizationId,
      displayName: 'new',
    })
  })
})

describe('overlay()', () => {
  it('keeps what is not named', () => {
    expect(overlay(pat, { displayname: '', scope: ' ', validto: '', allorgs: '' })).toEqual(formOf(pat, 'keep'))
    expect(overlay(pat, { scope: 'vso.wiki', allorgs: 'false' })).toMatchObject({
      displayName: 'ci',
      scopes: ['vso.wiki'],
      organizations: 'this',
    })
  })
})

describe('formToQuery()', () => {
  it('comes back as the same form', () => {
    const form: PatForm = { ...good, displayName: 'a&b=c é', expiry: 'date', expiresOn: '2026-05-01' }
    const back = readPatForm(Object.fromEntries(new URLSearchParams(formToQuery(form))), '30')
    expect(back).toMatchObject({
      displayName: 'a&b=c é',
      scopes: ['vso.code'],
      expiry: 'date',
      expiresOn: '2026-05-01',
    })
  })

  it('gives up on what is too long for an address', () => {
    expect(formToQuery({ ...good, displayName: 'x'.repeat(2000) })).toBeUndefined()
  })
})
