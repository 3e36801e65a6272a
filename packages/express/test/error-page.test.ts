import { createHash } from 'node:crypto'
import {
  ConfigurationError,
  NetworkError,
  NotFoundError,
  PatRefusedError,
  PermissionError,
  ServiceError,
  ThrottledError,
  TimeoutError,
  TokenCacheError,
} from '@patkit/core'
import type { ErrorRequestHandler } from 'express'
import { describe, expect, test } from 'vitest'
import type { PageContent } from '../src/index.js'
import { expressNames, startWorld, type WorldOptions } from './world.js'

/** An application whose page fails with what `make` gives. */
const failing = (express: WorldOptions['express'], make: () => unknown, more: WorldOptions = {}) =>
  startWorld({
    ...more,
    ...(express === undefined ? {} : { express }),
    routes: (app, web, made) => {
      app.use(web.routes())
      app.get('/fails', (_req, _res, next) => next(make()))
      app.post('/json', made.express.json({ limit: 100 }), (_req, res) => void res.json({}))
      app.get('/half', (_req, res, next) => {
        res.write('half of the answer')
        next(make())
      })
      app.use(web.errorPage())
    },
  })

describe.each(expressNames)('errorPage() on %s', (express) => {
  test.each([
    [new PermissionError('No.', { hint: 'Ask for the role.' }), 403, 'Ask for the role.'],
    [new NotFoundError('No.'), 404, 'There is no such thing'],
    [new PatRefusedError('No.', { patTokenError: 'invalidScope' }), 422, 'The token was refused'],
    [new NetworkError('No way.'), 502, 'The service has a problem'],
    [new ServiceError('Broken.', { activityId: 'activity-7' }), 502, 'Reference: activity-7'],
    [new TimeoutError('Late.'), 504, 'The service did not answer in time'],
    [new TokenCacheError('Full.'), 503, 'Please try again in a moment'],
  ])('says what %s means and what helps', async (error, status, text) => {
    const world = await failing(express, () => error)

    const page = await world.browser.open('/fails')

    expect(page.status).toBe(status)
    expect(page.body).toContain(text)
    expect(page.body).toContain(error.code)
    const problem = (await world.browser.fetch('/fails')).json()
    expect(problem).toMatchObject({ status, code: error.code })
  })

  test('names what is wrong with a configuration', async () => {
    const fault = { field: 'CLIENT_SECRET', problem: 'It is missing.', fix: 'Set it.' }
    const world = await failing(express, () => new ConfigurationError([fault]))
    const page = await world.browser.open('/fails')
    expect(page.status).toBe(500)
    expect(page.body).toContain('<li>CLIENT_SECRET: It is missing. Set it.</li>')
  })

  test('passes on how long the service asks to wait', async () => {
    const world = await failing(express, () => new ThrottledError('Slow down.', { retryAfterSeconds: 41.2 }))
    const page = await world.browser.open('/fails')
    expect([page.status, page.headers['retry-after']]).toEqual([503, '42'])
  })

  test('tells nothing of an unexpected error but a reference to the log', async () => {
    const error = Object.assign(new Error('SELECT * failed at db.internal'), { request: { headers: { a: 'b' } } })
    const world = await failing(express, () => error)

    const page = await world.browser.open('/fails')

    expect(page.status).toBe(500)
    expect(page.body).not.toMatch(/SELECT|db\.internal|error-page\.test/)
    const reference = /Reference: (\w{12})/.exec(page.body)?.[1] ?? 'none'
    expect(world.logged.join('\n')).toContain(`[${reference}] Error: SELECT * failed at db.internal`)
  })

  test.each([['a text'], [{ status: 404 }], [Object.assign(new Error('x'), { status: 404 })]])(
    'takes %j for an unexpected error',
    async (thrown) => {
      const world = await failing(express, () => thrown)
      expect((await world.browser.open('/fails')).status).toBe(500)
    },
  )

  test('leaves secrets out of the log', async () => {
    const jwt = `eyJhbGciOi.${'x'.repeat(20)}.sig`
    const text = `POST /token code=abcdef123 client_secret: 'hunter2secret' Authorization: Bearer ${jwt}\nforged line redis://:hunter2secret@db`
    const world = await failing(express, () => new Error(text))
    await world.browser.open('/fails')
    const log = world.logged.filter((line) => line.includes('POST /token'))
    expect(log).toHaveLength(1)
    expect(log[0]).not.toMatch(/hunter2secret|abcdef123|eyJ|\n/)
  })

  test('says what is wrong with a request that a parser refuses', async () => {
    const world = await failing(express, () => undefined)
    const headers = { 'content-type': 'application/json' }
    const broken = await world.browser.open('/json', { method: 'POST', headers, body: '{"a":' })
    expect([broken.status, broken.body.includes('position')]).toEqual([400, false])
    const large = await world.browser.open('/json', { method: 'POST', headers, body: JSON.stringify('x'.repeat(200)) })
    expect(large.status).toBe(413)
  })

  test('does not pass half of an answer off as a whole one', async () => {
    const world = await failing(express, () => new Error('late'))
    await expect(world.browser.open('/half')).rejects.toThrow()
  })

  test('is a page that runs nothing, loads nothing, and shows no markup of others', async () => {
    const hint = '<img src=x onerror=alert(1)>"&\''
    const world = await failing(express, () => new PermissionError('<script>alert(1)</script>', { hint }))

    const { body, headers } = await world.browser.open('/fails')

    expect(body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(body).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&amp;&#39;')
    expect(body).not.toMatch(/<script|<img/)
    const policy = String(headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    const style = /<style>([\s\S]*?)<\/style>/.exec(body)?.[1] ?? ''
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`)
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    })
  })

  test('can be read by ear, in the dark and on a phone', async () => {
    const world = await failing(express, () => new NotFoundError('No.'))
    const { body } = await world.browser.open('/fails')
    expect(body).toContain('<html lang="en">')
    expect(body.match(/<h1>/g)).toHaveLength(1)
    expect(body).toContain('<main>')
    expect(body).toMatch(/<title>There is no such thing<\/title>/)
    expect(body).toContain('name="viewport"')
    expect(body).toContain('prefers-color-scheme:dark')
  })
})

describe('renderPage', () => {
  test('puts pages of ours into the layout of the application', async () => {
    const seen: PageContent[] = []
    const world = await failing(undefined, () => new NotFoundError('No <b>.'), {
      signIn: {
        renderPage: (content) => {
          seen.push(content)
          return `<p>own layout: ${content.title}</p>`
        },
      },
    })
    const page = await world.browser.open('/fails')
    expect(page).toMatchObject({ status: 404, body: '<p>own layout: There is no such thing</p>' })
    expect(page.headers['content-security-policy']).toBeUndefined()
    expect(seen[0]).toMatchObject({ status: 404, message: 'No <b>.', code: 'PATKIT_NOT_FOUND' })
  })

  test('that fails does not hide what there is to say', async () => {
    const world = await failing(undefined, () => new NotFoundError('No.'), {
      signIn: { renderPage: () => Promise.reject(new Error('template is broken')) },
    })
    const page = await world.browser.open('/fails')
    expect([page.status, page.body.includes('There is no such thing')]).toEqual([404, true])
    expect(world.logged.join('\n')).toContain('renderPage failed: Error: template is broken')
  })
})

const teapot: ErrorRequestHandler = (_error, _req, res, _next) => void res.status(418).end()

describe.each(expressNames)('interactionErrors() on %s', (express) => {
  test('passes on what no sign-in can help', async () => {
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/fails', (_req, _res, next) => next(new NotFoundError('No.')))
        app.use(web.interactionErrors())
        app.use(teapot)
      },
    })
    expect((await world.browser.open('/fails')).status).toBe(418)
  })
})
