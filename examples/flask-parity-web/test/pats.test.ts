import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { inspect } from 'node:util'
import type { PatPolicies } from '@patkit/emulator'
import type { Answer, TestBrowser } from '@patkit/example-kit/test'
import { fileStorage } from '@patkit/express'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  ada,
  bob,
  changesSent,
  hiddenFields,
  ids,
  inDays,
  secretIn,
  sendNew,
  startPatWorld,
  textOf,
  tokenNamed,
  unescaped,
  usual,
} from './pat-world.js'

/** The site with Ada signed in. */
async function withAda(options: Parameters<typeof startPatWorld>[0] = {}) {
  const world = await startPatWorld(options)
  const browser = await world.signedIn(ada)
  world.emulator.journal.clear()
  return { world, browser }
}

const dateOf = (days: number): string => inDays(days).toISOString().slice(0, 10)

/** What stands beside a field that is wrong. */
function faultAt(answer: Answer, field: string): string | undefined {
  const fault = new RegExp(`id="${field}-fault">([^<]*)<`).exec(answer.body)?.[1]
  return fault === undefined ? undefined : unescaped(fault)
}

describe('the list of one’s own tokens', () => {
  test.each([
    ['/pats', ['deploy script', 'soon over', 'may do all', 'everywhere']],
    ['/pats?show=active', ['deploy script', 'soon over', 'may do all', 'everywhere']],
    ['/pats?show=expired', ['long gone']],
    ['/pats?show=revoked', ['leaked one']],
    ['/pats?show=all', ['deploy script', 'soon over', 'may do all', 'everywhere', 'long gone', 'leaked one']],
    ['/pat_get_all', ['deploy script', 'soon over', 'may do all', 'everywhere', 'long gone', 'leaked one']],
    ['/pats?show=nonsense', ['deploy script', 'soon over', 'may do all', 'everywhere']],
  ])('%s shows those of that kind and no others', async (path, names) => {
    const { browser } = await withAda()
    const page = await browser.open(path)
    expect(page.status).toBe(200)
    expect(page.headers['cache-control']).toBe('no-store')
    const shown = [...page.body.matchAll(/<th scope="row"><bdi>([^<]+)<\/bdi>/g)].map(([, name]) => name)
    expect(new Set(shown)).toEqual(new Set(names))
    expect(page.body).not.toContain('of Bob')
  })

  test('is ordered by age, and says status, flags, scopes and end in words', async () => {
    const { browser } = await withAda()
    const page = await browser.open('/pats?show=all')
    const names = [...page.body.matchAll(/<th scope="row"><bdi>([^<]+)<\/bdi>/g)].map(([, name]) => name)
    expect(names).toEqual(['deploy script', 'may do all', 'everywhere', 'leaked one', 'soon over', 'long gone'])
    const text = textOf(page)
    for (const word of ['✓ Active', '! Expires soon', '○ Expired', '✕ Revoked', 'Full access', 'All organizations'])
      expect(text).toContain(word)
    expect(text).toContain('vso.code vso.build')
    expect(page.body).toContain(
      `<time dateTime="${inDays(40).toISOString().slice(0, 10)}`.replace('dateTime', 'datetime'),
    )
    expect(text).toContain('(in 40 days)')
    expect(text).toContain('(5 days ago)')
  })

  test('offers what can be done with each token, and only that', async () => {
    const { browser } = await withAda()
    const { body } = await browser.open('/pats?show=all')
    for (const action of ['', '/edit', '/rotate', '/revoke'])
      expect(body).toContain(`href="/pats/${ids.code}${action}"`)
    for (const id of [ids.expired, ids.revoked]) {
      expect(body).toContain(`href="/pats/${id}"`)
      expect(body).not.toContain(`href="/pats/${id}/`)
    }
  })

  test('follows the continuation to its end', async () => {
    const tokens = Array.from({ length: 23 }, (_, index) => ({ displayName: `number ${index}.`, scope: 'vso.code' }))
    const { world, browser } = await withAda({ tokens, emulator: { tokenPageSize: 5 } })
    const page = await browser.open('/pats?show=all')
    for (const { displayName } of tokens) expect(page.body).toContain(displayName)
    expect(textOf(page)).toContain('23 tokens')
    expect(world.emulator.journal.requests.some(({ query }) => query['continuationToken'] !== undefined)).toBe(true)
  })

  test.each([
    ['active', 'You have no active tokens.'],
    ['all', 'You have no tokens here.'],
  ])('says that there is nothing to show (%s)', async (filter, words) => {
    const { browser } = await withAda({ tokens: [] })
    expect(textOf(await browser.open(`/pats?show=${filter}`))).toContain(words)
  })

  test('shows only words of ours after a change, never a text of the address', async () => {
    const { browser } = await withAda()
    expect(textOf(await browser.open('/pats?done=revoked'))).toContain('The token was revoked.')
    for (const word of ['<b>hello</b>', 'constructor', '__proto__'])
      expect((await browser.open(`/pats?done=${encodeURIComponent(word)}`)).body).not.toContain('role="status"')
  })

  test('is a page of the error when the service fails, with its reference', async () => {
    const { world, browser } = await withAda()
    world.emulator.faults.add({ match: { path: '/tokens/pats' }, answer: { status: 403 } })
    const page = await browser.open('/pats')
    expect(page.status).toBe(403)
    expect(textOf(page)).toContain('You may not do this')
  })

  test('is for members too, and shows each their own', async () => {
    const world = await startPatWorld()
    const page = await (await world.signedIn(bob)).open('/pats')
    expect(page.body).toContain('of Bob')
    expect(page.body).not.toContain('deploy script')
  })
})

describe('one token', () => {
  test.each([`/pat_get?authorizationId=${ids.code}`, `/pat_get?authid=${ids.code}`, `/pats/${ids.code}`])(
    'is shown by %s',
    async (path) => {
      const { browser } = await withAda()
      const page = await browser.open(path)
      expect(page.status).toBe(200)
      const text = textOf(page)
      for (const words of ['deploy script', 'Active', 'Code: Read', 'Build: Read', 'This organization', ids.code])
        expect(text).toContain(words)
    },
  )

  test('is found whatever case and spaces its id comes with', async () => {
    const { browser } = await withAda()
    const page = await browser.open(`/pat_get?authorizationId=+${ids.code.toUpperCase()}%20`)
    expect(textOf(page)).toContain('deploy script')
  })

  test('is asked for by a form', async () => {
    const { browser } = await withAda()
    const page = await browser.open('/pat_get')
    expect(page.status).toBe(200)
    expect(page.body).toContain('<label for="authorizationId">')
    expect(page.body).not.toContain('aria-invalid')
  })

  test.each([
    ['/pat_get?authorizationId=', 422, 'Enter the authorization id'],
    ['/pat_get?authorizationId=not-an-id', 422, 'This is no authorization id'],
    [`/pat_get?authorizationId=${ids.unknown}`, 404, 'You have no token with this authorization id'],
    [`/pat_get?authorizationId=${ids.bobs}`, 404, 'You have no token with this authorization id'],
    ['/pats/not-an-id', 422, 'This is no authorization id'],
    [`/pats/${ids.unknown}`, 404, 'You have no token with this authorization id'],
    [`/pats/${ids.bobs}/edit`, 404, 'You have no token with this authorization id'],
    [`/pats/${ids.bobs}/rotate`, 404, 'You have no token with this authorization id'],
    [`/pats/${ids.bobs}/revoke`, 404, 'You have no token with this authorization id'],
  ])('%s is %i, said at the field', async (path, status, words) => {
    const { world, browser } = await withAda()
    const page = await browser.open(path)
    expect(page.status).toBe(status)
    expect(faultAt(page, 'authorizationId')).toContain(words)
    expect(page.body).toContain('aria-invalid="true"')
    expect(page.body).toContain('aria-describedby="authorizationId-fault authorizationId-hint"')
    expect(changesSent(world)).toEqual([])
  })

  test('is shown as revoked also where the service gives it in the list only', async () => {
    const { world, browser } = await withAda()
    world.emulator.faults.add({
      match: { method: 'GET', path: '/tokens/pats', query: { authorizationId: '*' } },
      answer: { status: 200, body: { patToken: null, patTokenError: 'tokenNotFound' } },
    })
    expect(textOf(await browser.open(`/pats/${ids.revoked}`))).toContain('✕ Revoked')
    expect((await browser.open(`/pats/${ids.code}`)).status).toBe(404)
  })

  test('says of an ended one what helps', async () => {
    const { browser } = await withAda()
    for (const id of [ids.expired, ids.revoked]) {
      const page = await browser.open(`/pats/${id}`)
      expect(textOf(page)).toContain('Create another one like it instead.')
      expect(page.body).not.toContain(`/pats/${id}/revoke`)
    }
    const like = await browser.open('/pats/new?displayname=long+gone&scope=vso.work')
    expect(like.body).toContain('value="long gone"')
    expect(like.body).toMatch(/value="vso.work" checked/)
  })
})

describe('creating a token', () => {
  test('asks for name, scopes, end and reach, with nothing dangerous chosen', async () => {
    const { browser } = await withAda()
    const { body } = await browser.open('/pats/new')
    for (const days of [7, 30, 60, 90]) expect(body).toContain(`name="expiry" value="${days}"`)
    expect(body).toContain(`max="${dateOf(365)}"`)
    expect(body).toMatch(/name="access" value="scopes" checked/)
    expect(body).toMatch(/name="organizations" value="this" checked/)
    expect(body).toContain('2026-12-01')
    expect(body).toContain('2026-03-15')
    expect(body).toContain('high privilege')
    expect(body).not.toMatch(/name="scope" value="[^"]+" checked/)
  })

  test.each(['/pats', '/pat_post'])('POST %s sends it once and shows its secret in the answer', async (path) => {
    const { world, browser } = await withAda()
    const page = await sendNew(browser, { displayName: ' ci ', scope: 'vso.code vso.build', expiry: '7' }, path)
    expect(page.status).toBe(200)
    expect(page.headers['cache-control']).toBe('no-store')
    const secret = secretIn(page) ?? ''
    expect(secret).toHaveLength(84)
    const [sent, ...others] = changesSent(world)
    expect(others).toEqual([])
    expect(sent).toMatchObject({
      method: 'POST',
      body: { displayName: 'ci', scope: 'vso.code vso.build', allOrgs: false },
    })
    const { validTo } = sent?.body as { validTo: string }
    expect(Math.abs(Date.parse(validTo) - inDays(7).getTime())).toBeLessThan(60_000)
    expect(tokenNamed(world, 'ci')).toHaveLength(1)
  })

  test('shows the secret in one answer and nowhere else', async () => {
    const { storage, readAll } = await openStorage()
    const { world, browser } = await withAda({ storage })
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    const first = await browser.submit('/pats', form)
    const secret = secretIn(first) ?? ''
    expect(secret).toHaveLength(84)
    expect(first.body.split(secret)).toHaveLength(2)
    expect(inspect(first.headers)).not.toContain(secret)
    const id = tokenNamed(world, usual.displayName)[0]?.authorizationId ?? ''
    const later = [
      await browser.submit('/pats', form),
      await browser.open('/pats'),
      await browser.open('/'),
      await browser.open(`/pats/${id}`),
      await browser.open(`/pats/${id}/edit`),
      await browser.open(`/pat_get?authorizationId=${id}`),
      await browser.submit(`/pats/${id}`, { ...form, displayName: 'renamed', expiry: 'keep' }),
      await browser.submit(`/pats/${id}/revoke`, form),
    ]
    for (const page of later) expect(page.body + inspect(page.headers)).not.toContain(secret)
    expect(world.logged.join('\n')).not.toContain(secret)
    const kept = await readAll()
    // What is looked into holds the session, with the form that was used.
    expect(kept).toContain(`"authorizationId":"${id}"`)
    expect(kept).not.toContain(secret)
    const asked = inspect(world.emulator.journal.requests, { depth: Infinity, maxStringLength: Infinity })
    expect(asked).not.toContain(secret)
  })

  test('sends the same form once, however often it comes', async () => {
    const { world, browser } = await withAda()
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    expect(secretIn(await browser.submit('/pats', form))).toBeDefined()
    const again = await browser.submit('/pats', { ...form, displayName: 'changed on the way' })
    expect(again.status).toBe(409)
    expect(textOf(again)).toContain('No second token was created.')
    const [made] = tokenNamed(world, usual.displayName)
    expect(again.body).toContain(`href="/pats/${made?.authorizationId ?? ''}/rotate"`)
    expect(changesSent(world)).toHaveLength(1)
  })

  test('sends a form once that comes twice at the same time', async () => {
    const { world, browser } = await withAda()
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    const answers = await Promise.all([browser.submit('/pats', form), browser.submit('/pats', form)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(answers.filter((answer) => secretIn(answer) !== undefined)).toHaveLength(1)
    expect(changesSent(world)).toHaveLength(1)
  })

  test('remembers over a restart of the server which forms were sent', async () => {
    const { world, browser } = await withAda()
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    await browser.submit('/pats', form)
    await world.restart()
    expect((await browser.submit('/pats', form)).status).toBe(409)
    expect(changesSent(world)).toHaveLength(1)
  })

  test('remembers the last 30 forms of a session, and forgets those before', async () => {
    const { storage, readAll } = await openStorage()
    const { browser } = await withAda({ storage })
    const forms: Record<string, string>[] = []
    for (let n = 0; n < 31; n++) forms.push({ ...hiddenFields(await browser.open('/pats/new')), ...usual })
    for (const form of forms) expect(secretIn(await browser.submit('/pats', form))).toBeDefined()
    expect((await readAll()).match(/"authorizationId":/g)).toHaveLength(30)
  })

  test('takes the form of somebody else for another one, and tells nothing of what came of it', async () => {
    const { world, browser } = await withAda()
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    await browser.submit('/pats', form)
    const other = await world.signedIn(bob)
    const answer = await other.submit('/pats', { ...form, _csrf: await world.csrfToken(other) })
    expect(secretIn(answer)).toBeDefined()
    const made = [ada, bob].map((person) =>
      world.emulator.data.tokensOf(person).filter(({ displayName }) => displayName === usual.displayName),
    )
    expect(made.map((tokens) => tokens.length)).toEqual([1, 1])
    expect(answer.body).not.toContain(made[0]?.[0]?.authorizationId)
  })

  test('gives every form an id of its own, also to the one that comes back', async () => {
    const { browser } = await withAda()
    const pages = [
      await browser.open('/pats/new'),
      await browser.open('/pats/new'),
      await sendNew(browser, { displayName: '' }),
    ]
    expect(new Set(pages.map((page) => hiddenFields(page)['form'])).size).toBe(3)
  })

  test('takes the form of the originals, and makes no second token of the same one', async () => {
    const { world, browser } = await withAda()
    const validto = `${dateOf(20)}T10:30:00.000Z`
    const form = { displayname: 'as before', scope: 'vso.code', validto, allorgs: 'false' }
    const fields = { ...form, _csrf: await world.csrfToken(browser) }
    expect(secretIn(await browser.submit('/pat_post', fields))).toBeDefined()
    expect((await browser.submit('/pat_post', fields)).status).toBe(409)
    expect(changesSent(world)).toEqual([
      { method: 'POST', body: { displayName: 'as before', scope: 'vso.code', validTo: validto, allOrgs: false } },
    ])
  })

  test('ends a token with the day that was chosen', async () => {
    const { world, browser } = await withAda()
    await sendNew(browser, { expiry: 'date', expiresOn: dateOf(10) })
    await sendNew(browser, { expiry: 'date', expiresOn: dateOf(365) })
    const [first, last] = changesSent(world).map(({ body }) => (body as { validTo: string }).validTo)
    expect(first).toBe(`${dateOf(10)}T23:59:59.000Z`)
    expect(Date.parse(last ?? '')).toBeLessThanOrEqual(inDays(365).getTime())
    expect(last?.slice(0, 10)).toBe(dateOf(365))
  })

  test.each([
    ['no name', { displayName: '  ' }, 'displayName', 'Enter a name'],
    ['no scope', { scope: '' }, 'scope', 'Choose at least one scope.'],
    ['what is no scope', { scope: 'vso.code <script>' }, 'scope', '“<script>” is not a scope.'],
    ['full access without the tick', { access: 'full' }, 'scope', 'what full access means'],
    ['app_token without the tick', { scope: 'app_token' }, 'scope', 'what full access means'],
    ['no date', { expiry: 'date', expiresOn: '' }, 'validTo', 'Enter the last day'],
    ['what is no date', { expiry: 'date', expiresOn: 'next week' }, 'validTo', '“next week” is not a date.'],
    ['a day that does not exist', { expiry: 'date', expiresOn: '2027-02-30' }, 'validTo', 'is not a date'],
    ['yesterday', { expiry: 'date', expiresOn: dateOf(-1) }, 'validTo', 'not past'],
    ['more than a year', { expiry: 'date', expiresOn: dateOf(367) }, 'validTo', 'within one year'],
    ['all organizations without the tick', { organizations: 'all' }, 'organizations', 'all organizations means'],
  ])('refuses %s at its field and keeps the rest', async (_what, entered, field, words) => {
    const { world, browser } = await withAda()
    const page = await sendNew(browser, { displayName: 'kept "name" <b>', ...entered })
    expect(page.status).toBe(422)
    expect(faultAt(page, field)).toContain(words)
    expect(page.body).toContain(`<a href="#${field}">`)
    expect(page.body).toContain(`${field}-fault`)
    if (field !== 'displayName') expect(unescaped(page.body)).toContain('value="kept "name" <b>"')
    if (field !== 'scope') expect(page.body).toMatch(/value="vso.code" checked/)
    expect(changesSent(world)).toEqual([])
  })

  test('says everything that is wrong at once', async () => {
    const { browser } = await withAda()
    const page = await sendNew(browser, { displayName: '', scope: '', expiry: 'date', organizations: 'all' })
    for (const field of ['displayName', 'scope', 'validTo', 'organizations']) {
      expect(faultAt(page, field)).toBeDefined()
      expect(page.body).toContain(`<a href="#${field}">`)
    }
  })

  test('makes a token with full access once that was understood', async () => {
    const { world, browser } = await withAda()
    const page = await sendNew(browser, { access: 'full', confirmFullAccess: 'yes' })
    expect(secretIn(page)).toBeDefined()
    expect(changesSent(world)[0]?.body).toMatchObject({ scope: 'app_token' })
  })

  const refused: readonly [Partial<PatPolicies>, Readonly<Record<string, string>>, string, string][] = [
    [{ maximumLifespanDays: 14 }, {}, 'validTo', 'limits how long a token may live'],
    [{ fullScope: 'refuse' }, { access: 'full', confirmFullAccess: 'yes' }, 'scope', 'forbids full access'],
    [{}, { organizations: 'all', confirmAllOrganizations: 'yes' }, 'organizations', 'stop working on 2026-12-01'],
    [{}, { scope: 'vso.nothing' }, 'scope', 'Use scopes that exist'],
    [{}, { displayName: 'x'.repeat(40_000) }, 'displayName', 'Use another name'],
  ]
  test.each(refused)('shows what the service says at its field: %o', async (policies, entered, field, words) => {
    const { world, browser } = await withAda({ emulator: { policies } })
    const page = await sendNew(browser, entered)
    expect(page.status).toBe(422)
    expect(faultAt(page, field)).toContain(words)
    expect(changesSent(world)).toHaveLength(1)
    expect(page.body).toContain(entered['displayName'] ?? usual.displayName)
  })

  test('shows at the top what belongs to no field, and lets the form be sent again', async () => {
    const { world, browser } = await withAda({ emulator: { policies: { creation: 'refuse' } } })
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    const page = await browser.submit('/pats', form)
    expect(page.status).toBe(422)
    expect(textOf(page)).toContain('The token was not created: accessDenied.')
    // Loading the answer again sends the same form: nothing was made, so it may.
    expect((await browser.submit('/pats', form)).status).toBe(422)
    expect(changesSent(world)).toHaveLength(2)
  })

  test('tells that the service shortened the life of the token', async () => {
    const { browser } = await withAda({ emulator: { policies: { maximumLifespanDays: 14, longerLifespan: 'clamp' } } })
    const page = await sendNew(browser, { expiry: '90' })
    expect(secretIn(page)).toBeDefined()
    expect(textOf(page)).toContain('The service set another end than you asked for')
  })

  test.each([
    [{ status: 403 }, 403],
    [{ status: 400 }, 502],
    [{ status: 429, headers: { 'Retry-After': '900' } }, 503],
  ])('says with the form what the service answers: %o', async (answer, status) => {
    const { world, browser } = await withAda()
    world.emulator.faults.add({ match: { method: 'POST', path: '/tokens/pats' }, answer })
    const page = await sendNew(browser, { displayName: 'still here' })
    expect(page.status).toBe(status)
    expect(page.body).toContain('value="still here"')
    expect(page.body).toContain('role="alert"')
    expect(page.headers['retry-after']).toBe(status === 503 ? '900' : undefined)
    expect(tokenNamed(world, 'still here')).toEqual([])
  })

  test.each([
    'semicolon; and, comma',
    '</script><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '=cmd|" /C calc"!A0',
    'עברית ‮gnirts',
    '👩‍👩‍👧‍👦 family',
  ])('keeps the name %s intact and inert', async (displayName) => {
    const { world, browser } = await withAda()
    const page = await sendNew(browser, { displayName })
    expect(secretIn(page)).toBeDefined()
    expect(tokenNamed(world, displayName)).toHaveLength(1)
    for (const shown of [page, await browser.open('/pats')]) {
      expect(unescaped(shown.body)).toContain(`<bdi>${displayName}</bdi>`)
      if (displayName.includes('<')) expect(shown.body).not.toContain(displayName)
    }
  })
})

describe('a token of which nobody knows whether it was created', () => {
  async function lose(when: 'before' | 'after') {
    const { world, browser } = await withAda()
    const fault = world.emulator.faults.add({
      match: { method: 'POST', path: '/tokens/pats' },
      answer: when === 'after' ? { reset: 'after' } : { status: 502 },
    })
    const form = { ...hiddenFields(await browser.open('/pats/new')), ...usual }
    const page = await browser.submit('/pats', form)
    fault.remove()
    return { world, browser, form, page }
  }

  test('is asked for once, and the page says what is known', async () => {
    const { world, browser, form, page } = await lose('after')
    expect(page.status).toBe(502)
    expect(textOf(page)).toContain('It is not known whether the token was created')
    expect(changesSent(world)).toHaveLength(1)
    const again = await browser.submit('/pats', form)
    expect(textOf(again)).toContain('It is not known whether the token was created')
    expect(changesSent(world)).toHaveLength(1)
    expect(tokenNamed(world, usual.displayName)).toHaveLength(1)
  })

  test('is found and revoked by buttons', async () => {
    const { world, browser, page } = await lose('after')
    const found = await browser.submit('/pats/reconcile', hiddenFields(page))
    expect(textOf(found)).toContain('A token was created')
    const [orphan] = tokenNamed(world, usual.displayName)
    expect(found.body).toContain(`action="/pats/${orphan?.authorizationId ?? ''}/revoke"`)
    expect(orphan?.status).toBe('active')
    const revoked = await browser.submit(`/pats/${orphan?.authorizationId ?? ''}/revoke`, hiddenFields(found))
    expect(revoked.location).toBe('/pats?done=revoked')
    expect(tokenNamed(world, usual.displayName)[0]?.status).toBe('revoked')
  })

  test('was not created, and the page says that it is safe to do it now', async () => {
    const { world, browser, page } = await lose('before')
    const found = await browser.submit('/pats/reconcile', hiddenFields(page))
    expect(textOf(found)).toContain('No token was created')
    expect(found.body).toContain('/pats/new?displayname=made+here')
    expect(tokenNamed(world, usual.displayName)).toEqual([])
  })

  test('cannot be looked for without its name and time', async () => {
    const { world, browser } = await withAda()
    const _csrf = await world.csrfToken(browser)
    const answer = await browser.submit('/pats/reconcile', { _csrf, displayName: 'x', startedAt: 'then' })
    expect(answer.location).toBe('/pats')
  })
})

describe('changing a token', () => {
  /** Opens the form of a token as it is, changes something and sends it. */
  async function sendChange(browser: TestBrowser, id: string, entered: Readonly<Record<string, string>>) {
    const form = hiddenFields(await browser.open(`/pats/${id}/edit`))
    const asItIs = {
      displayName: 'deploy script',
      access: 'scopes',
      scope: 'vso.build vso.code',
      expiry: 'keep',
      organizations: 'this',
    }
    return browser.submit(`/pats/${id}`, { ...form, ...asItIs, ...entered })
  }

  test('shows the token as it is', async () => {
    const { browser } = await withAda()
    const { body } = await browser.open(`/pats/${ids.code}/edit`)
    expect(body).toContain('value="deploy script"')
    expect(body).toMatch(/value="vso.code" checked/)
    expect(body).toMatch(/value="vso.build" checked/)
    expect(body).toMatch(/name="expiry" value="keep" checked/)
  })

  test.each([
    [{ displayName: 'renamed' }, { displayName: 'renamed' }],
    [{ scope: 'vso.code vso.wiki' }, { scope: 'vso.code vso.wiki' }],
    [{ expiry: 'date', expiresOn: dateOf(50) }, { validTo: `${dateOf(50)}T23:59:59.000Z` }],
    [{ access: 'full', confirmFullAccess: 'yes' }, { scope: 'app_token' }],
  ])('sends %o and nothing else', async (entered, sent) => {
    const { world, browser } = await withAda()
    const answer = await sendChange(browser, ids.code, entered)
    expect(answer.status).toBe(303)
    expect(answer.location).toBe(`/pats/${ids.code}?done=updated`)
    expect(changesSent(world)).toEqual([{ method: 'PUT', body: { authorizationId: ids.code, ...sent } }])
    expect(textOf(await browser.open(answer.location ?? ''))).toContain('Your changes were saved.')
  })

  test('sends nothing when nothing was changed', async () => {
    const { world, browser } = await withAda()
    const answer = await sendChange(browser, ids.code, {})
    expect(answer.location).toBe(`/pats/${ids.code}?done=unchanged`)
    expect(changesSent(world)).toEqual([])
  })

  test('leaves a name with line ends as it is, which a text field cannot hold', async () => {
    const tokens = [{ authorizationId: ids.code, displayName: 'one\r\ntwo', scope: 'vso.code', validTo: inDays(20) }]
    const { world, browser } = await withAda({ tokens })
    const form = hiddenFields(await browser.open(`/pats/${ids.code}/edit`))
    const entered = { ...usual, displayName: 'onetwo', scope: 'vso.wiki', expiry: 'keep' }
    await browser.submit(`/pats/${ids.code}`, { ...form, ...entered })
    expect(changesSent(world)[0]?.body).toEqual({ authorizationId: ids.code, scope: 'vso.wiki' })
  })

  test('takes the form of the originals, where empty means unchanged', async () => {
    const { world, browser } = await withAda()
    const _csrf = await world.csrfToken(browser)
    const form = { _csrf, authid: ids.code, displayname: 'by the old form', scope: '', validto: '', allorgs: '' }
    const answer = await browser.submit('/pat_put', form)
    expect(answer.location).toBe(`/pats/${ids.code}?done=updated`)
    expect(changesSent(world)).toEqual([
      { method: 'PUT', body: { authorizationId: ids.code, displayName: 'by the old form' } },
    ])
  })

  test.each([
    ['', 422, 'Enter the authorization id'],
    ['nonsense', 422, 'This is no authorization id'],
    [ids.unknown, 404, 'You have no token'],
  ])('asks for another id instead of %s', async (authid, status, words) => {
    const { world, browser } = await withAda()
    const answer = await browser.submit('/pat_put', { _csrf: await world.csrfToken(browser), authid, displayname: 'x' })
    expect(answer.status).toBe(status)
    expect(faultAt(answer, 'authorizationId')).toContain(words)
    expect(changesSent(world)).toEqual([])
  })

  test.each([ids.expired, ids.revoked])(
    'says of an ended token (%s) that it cannot be changed, and what helps',
    async (id) => {
      const { world, browser } = await withAda()
      for (const path of [`/pats/${id}/edit`, `/pats/${id}/rotate`]) {
        const page = await browser.open(path)
        expect(page.status).toBe(409)
        expect(textOf(page)).toContain('Create another one like it instead.')
      }
      expect((await sendChange(browser, id, { displayName: 'new' })).status).toBe(409)
      const rotated = await browser.submit(`/pats/${id}/rotate`, {
        _csrf: await world.csrfToken(browser),
        expiry: '30',
      })
      expect(rotated.status).toBe(409)
      expect(changesSent(world)).toEqual([])
    },
  )

  test('shows at its field what the service says', async () => {
    const { world, browser } = await withAda({ emulator: { policies: { maximumLifespanDays: 50 } } })
    const page = await sendChange(browser, ids.code, { expiry: '60', displayName: 'kept' })
    expect(page.status).toBe(422)
    expect(faultAt(page, 'validTo')).toContain('limits how long a token may live')
    expect(page.body).toContain('value="kept"')
    expect(tokenNamed(world, 'deploy script')).toHaveLength(1)
  })

  test('says that the service set another end', async () => {
    const { browser } = await withAda({ emulator: { policies: { maximumLifespanDays: 50, longerLifespan: 'clamp' } } })
    const answer = await sendChange(browser, ids.code, { expiry: '90' })
    expect(answer.location).toBe(`/pats/${ids.code}?done=shortened`)
    expect(textOf(await browser.open(answer.location ?? ''))).toContain('the service set another end')
  })

  test.each([
    [{ displayName: ' ' }, 'displayName'],
    [{ scope: '' }, 'scope'],
    [{ access: 'full' }, 'scope'],
    [{ organizations: 'all' }, 'organizations'],
    [{ expiry: 'date', expiresOn: '1999-01-01' }, 'validTo'],
  ])('refuses %o at its field', async (entered, field) => {
    const { world, browser } = await withAda()
    const page = await sendChange(browser, ids.code, entered)
    expect(page.status).toBe(422)
    expect(faultAt(page, field)).toBeDefined()
    expect(changesSent(world)).toEqual([])
  })

  test('binds a token for all organizations to this one', async () => {
    const { world, browser } = await withAda()
    const entered = { displayName: 'everywhere', scope: 'vso.project', organizations: 'this' }
    await sendChange(browser, ids.everywhere, entered)
    expect(changesSent(world)).toEqual([{ method: 'PUT', body: { authorizationId: ids.everywhere, allOrgs: false } }])
  })
})

describe('rotating a token', () => {
  const path = `/pats/${ids.code}/rotate`

  async function sendRotate(browser: TestBrowser, entered: Readonly<Record<string, string>> = {}) {
    const form = { ...hiddenFields(await browser.open(path)), expiry: '30', ...entered }
    return { form, answer: await browser.submit(path, form) }
  }

  test('explains what happens, and names the token', async () => {
    const { world, browser } = await withAda()
    const text = textOf(await browser.open(path))
    expect(text).toContain('Rotate “ deploy script ”')
    expect(text).toContain('Then this token is revoked.')
    expect(changesSent(world)).toEqual([])
  })

  test('creates the new token first, then revokes the old one', async () => {
    const { world, browser } = await withAda()
    const { answer } = await sendRotate(browser)
    expect(secretIn(answer)).toBeDefined()
    expect(textOf(answer)).toContain('was revoked')
    const [created, revoked, ...others] = changesSent(world)
    expect(created).toMatchObject({
      method: 'POST',
      body: { displayName: 'deploy script', scope: 'vso.code vso.build', allOrgs: false },
    })
    expect(revoked).toMatchObject({ method: 'DELETE', id: ids.code })
    expect(others).toEqual([])
    expect(
      tokenNamed(world, 'deploy script')
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['active', 'revoked'])
  })

  test('makes no second token when the form comes again', async () => {
    const { world, browser } = await withAda()
    const { form } = await sendRotate(browser)
    const again = await browser.submit(path, form)
    expect(again.status).toBe(409)
    expect(textOf(again)).toContain('No second token was created.')
    expect(secretIn(again)).toBeUndefined()
    expect(changesSent(world)).toHaveLength(2)
  })

  test('shows the secret although the old token could not be revoked, and offers to try again', async () => {
    const { world, browser } = await withAda()
    const fault = world.emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 403 } })
    const { answer } = await sendRotate(browser)
    expect(secretIn(answer)).toBeDefined()
    expect(textOf(answer)).toContain('The old token still works, because it could not be revoked.')
    expect(answer.body).toContain(`action="/pats/${ids.code}/revoke"`)
    fault.remove()
    const again = await browser.submit(`/pats/${ids.code}/revoke`, hiddenFields(answer))
    expect(again.location).toBe('/pats?done=revoked')
  })

  test('leaves the old token alone when the new one is refused or unknown', async () => {
    const { world, browser } = await withAda({ emulator: { policies: { maximumLifespanDays: 20 } } })
    const { answer: refused } = await sendRotate(browser)
    expect(refused.status).toBe(422)
    expect(faultAt(refused, 'validTo')).toContain('limits how long a token may live')
    world.emulator.faults.add({ match: { method: 'POST', path: '/tokens/pats' }, answer: { reset: 'after' } })
    const { answer: unknown } = await sendRotate(browser, { expiry: '7' })
    expect(unknown.status).toBe(502)
    expect(textOf(unknown)).toContain('The old token was not touched, and still works.')
    expect(world.emulator.data.token(ids.code)?.status).toBe('active')
  })

  test('never makes the reach of the new token wider than this organization', async () => {
    const { world, browser } = await withAda()
    const page = await browser.open(`/pats/${ids.everywhere}/rotate`)
    expect(textOf(page)).toContain('the new one works in this organization only')
    await browser.submit(`/pats/${ids.everywhere}/rotate`, { ...hiddenFields(page), expiry: '7' })
    expect(changesSent(world)[0]?.body).toMatchObject({ displayName: 'everywhere', allOrgs: false })
  })

  test('keeps full access, which was understood when the old token was made', async () => {
    const { world, browser } = await withAda()
    const form = hiddenFields(await browser.open(`/pats/${ids.full}/rotate`))
    await browser.submit(`/pats/${ids.full}/rotate`, { ...form, expiry: '7' })
    expect(changesSent(world)[0]?.body).toMatchObject({ scope: 'app_token' })
  })

  test('says of a token without a name that it has to be edited first', async () => {
    const { world, browser } = await withAda({
      tokens: [{ authorizationId: ids.code, displayName: null, scope: 'vso.code', validTo: inDays(20) }],
    })
    const { answer } = await sendRotate(browser)
    expect(answer.status).toBe(422)
    expect(textOf(answer)).toContain('Edit the token first, then rotate it.')
    expect(changesSent(world)).toEqual([])
  })

  test('refuses a wrong day at its field', async () => {
    const { world, browser } = await withAda()
    const { answer } = await sendRotate(browser, { expiry: 'date', expiresOn: '' })
    expect(answer.status).toBe(422)
    expect(faultAt(answer, 'validTo')).toContain('Enter the last day')
    expect(changesSent(world)).toEqual([])
  })
})

describe('revoking a token', () => {
  test('asks first, naming the token, and changes nothing by that', async () => {
    const { world, browser } = await withAda()
    const text = textOf(await browser.open(`/pats/${ids.code}/revoke`))
    expect(text).toContain('Revoke “ deploy script ”?')
    expect(text).toContain('cannot be brought back')
    expect(changesSent(world)).toEqual([])
  })

  test.each([
    [`/pats/${ids.code}/revoke`, {}],
    ['/pat_delete', { authid: ids.code }],
    ['/pat_delete', { authorizationId: ids.code }],
  ])('POST %s revokes it, and the list says so', async (path, entered) => {
    const { world, browser } = await withAda()
    const answer = await browser.submit(path, { _csrf: await world.csrfToken(browser), ...entered })
    expect([answer.status, answer.location]).toEqual([303, '/pats?done=revoked'])
    expect(changesSent(world)).toEqual([{ method: 'DELETE', body: undefined, id: ids.code }])
    const list = await browser.open('/pats?done=revoked')
    expect(textOf(list)).toContain('The token was revoked.')
    expect(list.body).not.toContain('deploy script')
  })

  test('says of a token that was revoked before that nothing was left to do', async () => {
    const { world, browser } = await withAda()
    const _csrf = await world.csrfToken(browser)
    const answer = await browser.submit(`/pats/${ids.revoked}/revoke`, { _csrf })
    expect(answer.location).toBe('/pats?done=already-revoked')
    expect((await browser.open(`/pats/${ids.revoked}/revoke`)).location).toBe(`/pats/${ids.revoked}`)
    expect(changesSent(world)).toEqual([])
  })

  test.each([
    ['', 422],
    ['x', 422],
    [ids.unknown, 404],
    [ids.bobs, 404],
  ])('asks for another id instead of “%s”', async (authid, status) => {
    const { world, browser } = await withAda()
    const answer = await browser.submit('/pat_delete', { _csrf: await world.csrfToken(browser), authid })
    expect(answer.status).toBe(status)
    expect(faultAt(answer, 'authorizationId')).toBeDefined()
    expect(changesSent(world)).toEqual([])
    expect(world.emulator.data.token(ids.bobs)?.status).toBe('active')
  })

  test('says what the service answers, with the button to try again', async () => {
    const { world, browser } = await withAda()
    world.emulator.faults.add({ match: { method: 'DELETE' }, answer: { status: 403 } })
    const answer = await browser.submit(`/pats/${ids.code}/revoke`, { _csrf: await world.csrfToken(browser) })
    expect(answer.status).toBe(403)
    expect(answer.body).toContain('role="alert"')
    expect(answer.body).toContain(`action="/pats/${ids.code}/revoke"`)
  })
})

describe('the addresses of the originals', () => {
  test.each([
    [{ route: 'pat_get', authid: ids.code }, `/pat_get?authorizationId=${ids.code}`],
    [{ route: 'pat_get', authid: 'x y' }, '/pat_get?authorizationId=x+y'],
    [{ route: 'pat_delete', authid: ids.code }, `/pats/${ids.code}/revoke`],
    [{ route: 'pat_delete', authid: '' }, '/pat_get?for=revoke&authorizationId='],
    [
      { route: 'pat_put', authid: ids.code, displayname: 'new', scope: 'vso.wiki', allorgs: 'true' },
      `/pats/${ids.code}/edit?displayname=new&scope=vso.wiki&allorgs=true`,
    ],
    [{ route: 'pat_put', authid: 'x' }, '/pat_get?for=edit&authorizationId=x'],
    [
      { route: 'pat_post', displayname: 'a&b', scope: 'vso.code app_token', validto: '2027-01-02' },
      '/pats/new?displayname=a%26b&scope=app_token&validto=2027-01-02',
    ],
    [{ route: 'pat_post' }, '/pats/new'],
  ])('POST /handle_input with %o leads to %s, and changes nothing', async (entered, location) => {
    const { world, browser } = await withAda()
    const answer = await browser.submit('/handle_input', { _csrf: await world.csrfToken(browser), ...entered })
    expect([answer.status, answer.location]).toEqual([303, location])
    expect(changesSent(world)).toEqual([])
  })

  test('the form that one is led to is filled in', async () => {
    const { browser } = await withAda()
    const edit = await browser.open(`/pats/${ids.code}/edit?displayname=new+name&scope=vso.wiki`)
    expect(edit.body).toContain('value="new name"')
    expect(edit.body).toMatch(/value="vso.wiki" checked/)
    expect(edit.body).not.toMatch(/value="vso.code" checked/)
    const made = await browser.open('/pats/new?displayname=a%26b&scope=vso.code+vso.newer&validto=2027-01-02T10:00:00Z')
    expect(made.body).toContain('value="a&amp;b"')
    expect(made.body).toContain('value="vso.newer"')
    expect(made.body).toMatch(/name="expiry" value="exact" checked/)
    expect(textOf(made)).toContain('2027-01-02 10:00 UTC')
  })

  test('shows at once what is too long for an address', async () => {
    const { world, browser } = await withAda()
    const displayname = 'é'.repeat(40_000)
    const _csrf = await world.csrfToken(browser)
    for (const route of ['pat_post', 'pat_put']) {
      const answer = await browser.submit('/handle_input', { _csrf, route, authid: ids.code, displayname })
      expect(answer.status).toBe(200)
      expect(answer.body).toContain(displayname)
    }
    expect(changesSent(world)).toEqual([])
  })

  test('POST /handle_input keeps nothing of what it is given', async () => {
    const { storage, readAll } = await openStorage()
    const { world, browser } = await withAda({ storage })
    const fields = { route: 'pat_post', displayname: 'canary-name', state: 'canary-state', user: 'canary-user' }
    await browser.submit('/handle_input', { _csrf: await world.csrfToken(browser), ...fields })
    const kept = await readAll()
    expect(kept).toContain(ada)
    expect(kept).not.toContain('canary')
  })

  test.each(['', 'nonsense', 'url_for', '//evil.example', 'logout'])('refuses the route “%s”', async (route) => {
    const { world, browser } = await withAda()
    const answer = await browser.submit('/handle_input', { _csrf: await world.csrfToken(browser), route })
    expect(answer.status).toBe(422)
    expect(answer.location).toBeUndefined()
  })

  test.each([
    ['/pat_post', '/pats/new'],
    ['/pat_put', '/pat_get?for=edit'],
    ['/pat_delete', '/pat_get?for=revoke'],
    ['/handle_input', '/pats'],
    ['/pats/reconcile', '/pats'],
  ])('GET %s is 405 and says where the form is', async (path, form) => {
    const { world, browser } = await withAda()
    const page = await browser.open(`${path}?authid=${ids.code}&displayname=x&scope=vso.code`)
    expect([page.status, page.headers['allow']]).toEqual([405, 'POST'])
    expect(page.body).toContain(`href="${form}"`)
    expect(textOf(page)).toContain('This page cannot be opened like that')
    expect(changesSent(world)).toEqual([])
  })

  test.each(['/pat_get_all', '/pat_get', '/pats/new'])('POST %s is 405', async (path) => {
    const { browser } = await withAda()
    const page = await browser.submit(path, {})
    expect([page.status, page.headers['allow']]).toEqual([405, 'GET, HEAD'])
  })

  test.each(['edit', 'revoke'])('the id that is asked for leads on (%s)', async (purpose) => {
    const { browser } = await withAda()
    const page = await browser.open(`/pat_get?for=${purpose}`)
    expect(page.body).toContain(`name="for" value="${purpose}"`)
    const answer = await browser.open(`/pat_get?for=${purpose}&authorizationId=${ids.code}`)
    expect(answer.location).toBe(`/pats/${ids.code}/${purpose}`)
  })
})

const forms = [
  '/pats',
  '/pat_post',
  '/pat_put',
  '/pat_delete',
  '/handle_input',
  '/pats/reconcile',
  `/pats/${ids.code}`,
  `/pats/${ids.code}/rotate`,
  `/pats/${ids.code}/revoke`,
]

describe('who may send forms', () => {
  const entered = { ...usual, authid: ids.code, route: 'pat_delete' }

  test.each(forms)('POST %s from another site, or without its token, is 403', async (path) => {
    const { world, browser } = await withAda()
    const _csrf = await world.csrfToken(browser)
    const forged = [
      // A browser leaves the cookie at home; one that did not would still be refused.
      await browser.submit(path, { ...entered, _csrf }, { site: 'same-site' }),
      await browser.submit(
        path,
        { ...entered, _csrf },
        { site: 'unsaid', headers: { origin: 'https://evil.example' } },
      ),
      await browser.submit(path, entered),
      await browser.submit(path, { ...entered, _csrf: 'guessed' }),
    ]
    expect(forged.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    expect((await browser.submit(path, { ...entered, _csrf }, { site: 'cross-site' })).status).toBe(401)
    expect(changesSent(world)).toEqual([])
  })

  test.each(forms)('POST %s of nobody is 401', async (path) => {
    const world = await startPatWorld()
    const answer = await world.browser().submit(path, entered)
    expect(answer.status).toBe(401)
    expect(changesSent(world)).toEqual([])
  })

  test.each(['/pats', '/pats/new', '/pat_get_all', '/pat_get', `/pats/${ids.code}`, `/pats/${ids.code}/revoke`])(
    'GET %s of nobody leads to the sign-in and back',
    async (path) => {
      const world = await startPatWorld()
      const answer = await world.browser().open(path)
      expect(answer.status).toBe(302)
      expect(world.emulator.journal.requests.filter(({ path: asked }) => asked.includes('/pats'))).toEqual([])
    },
  )

  test('a form is understood whatever shape its fields have', async () => {
    const { world, browser } = await withAda()
    const _csrf = await world.csrfToken(browser)
    const body = `_csrf=${_csrf}&displayName=a&displayName=b&scope=vso.code&scope=vso.build&expiry=7&__proto__=x&expiry[]=30`
    const answer = await browser.submit('/pats', {}, { body })
    expect(secretIn(answer)).toBeDefined()
    expect(changesSent(world)[0]?.body).toMatchObject({ displayName: 'a', scope: 'vso.code vso.build' })
  })
})

/** A place for sessions that can be looked into: everything it holds, as text. */
async function openStorage() {
  const directory = await mkdtemp(path.join(tmpdir(), 'patkit-pats-test-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const readAll = async (): Promise<string> => {
    const files = await readdir(path.join(directory, 'sessions'), { recursive: true, withFileTypes: true })
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(path.join(file.parentPath, file.name), 'utf8'))
    return (await Promise.all(texts)).join('\n')
  }
  return { storage: fileStorage({ directory }), readAll }
}
