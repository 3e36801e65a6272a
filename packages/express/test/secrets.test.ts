import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { AZURE_DEVOPS_SCOPE, Secret, ServiceError } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { fileStorage } from '../src/index.js'
import type { Answer } from './browser.js'
import { temporaryFolder } from './folder.js'
import { expressNames, sampleSecret, startWorld, type ExpressName } from './world.js'

const hour = 60 * 60_000
const printed = (value: unknown): string => inspect(value, { depth: 10, showHidden: true })

/** A site that keeps everything in files, and knows each secret that went between it and the sign-in service. */
async function startWatched(express: ExpressName) {
  const secrets = new Map([['client secret', sampleSecret]])
  const note = (name: string, value: unknown): void => {
    if (typeof value === 'string' && value.length > 8) secrets.set(`${name} ${secrets.size}`, value)
  }
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const form = new URLSearchParams(typeof init?.body === 'string' ? init.body : '')
    for (const name of ['code', 'code_verifier', 'refresh_token', 'client_secret']) note(name, form.get(name))
    const response = await globalThis.fetch(input, init)
    const body = (await response
      .clone()
      .json()
      .catch(() => ({}))) as Record<string, unknown>
    for (const name of ['access_token', 'refresh_token', 'id_token']) note(name, body[name])
    return response
  }
  const folder = temporaryFolder()
  const seen: string[] = []
  let accessToken = ''
  const world = await startWorld({
    express,
    storage: (clock) => fileStorage({ directory: folder, clock }),
    auth: { fetch, retry: { tries: 1 } },
    signIn: { scopes: [AZURE_DEVOPS_SCOPE] },
    routes: (app, web) => {
      app.use(web.routes())
      app.get('/private', web.required(), (req, res) => {
        seen.push(printed(res.locals.signIn), printed(web))
        note('session id', (req as { sessionID?: string }).sessionID)
        res.json(res.locals.signIn)
      })
      app.get('/token', web.required(), async (_req, res, next) => {
        try {
          accessToken = (await res.locals.signIn.credential.getToken(AZURE_DEVOPS_SCOPE))?.token ?? ''
          res.json({ got: true })
        } catch (error) {
          seen.push(printed(error))
          next(error)
        }
      })
      // What careless code does: a page that shows what it was given, and errors that carry it.
      app.get('/made', web.required(), (_req, res) => {
        res.json({ secret: new Secret(patSecret), inspected: printed(new Secret(patSecret)) })
      })
      app.get('/fails', web.required(), (_req, _res, next) => next(new Error(`Authorization: Bearer ${accessToken}`)))
      app.get('/fails-ours', web.required(), (_req, _res, next) => next(new ServiceError('The service failed.')))
      app.use(web.errorPage())
    },
  })
  secrets.set('PAT secret', patSecret)
  return { world, secrets, note, seen, folder, accessTokenSent: () => accessToken }
}

const patSecret = 'p4ts3cr3tp4ts3cr3tp4ts3cr3tp4ts3cr3tp4ts3cr3tp4ts3cr'

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Promise.all(
    files.map(async ({ name, parentPath }) => `${name}\n${await readFile(join(parentPath, name), 'latin1')}`),
  )
}

describe.each(expressNames)('no secret on %s', (express) => {
  test('is in a page, an answer, a header, a log, a file or a printed value, whatever goes well or wrong', async () => {
    const { world, secrets, note, seen, folder, accessTokenSent } = await startWatched(express)
    const { browser, identity, clock } = world
    const answers: Answer[] = []
    const open = async (path: string): Promise<void> => {
      for (const answer of [await browser.open(path), await browser.fetch(path)]) answers.push(answer)
    }

    const back = await world.atService((await browser.open('/private')).location)
    note('code', new URL(back, world.origin).searchParams.get('code'))
    answers.push(await browser.open(back, { site: 'cross-site' }))
    for (const path of ['/private', '/token', '/made', '/fails', '/fails-ours', back]) await open(path)
    await clock.advance(hour - 1)
    for (const answer of [
      { kind: 'error', code: 'AADSTS700082' },
      { kind: 'error', code: 'AADSTS7000215' },
      { kind: 'status', status: 503 },
      { kind: 'status', status: 200, body: 'html' },
      { kind: 'hang-up' },
    ] as const) {
      identity.faults.add({ at: 'token', times: 2, answer })
      await open('/token')
      identity.faults.clear()
    }
    for (const code of ['AADSTS7000222', 'AADSTS70008', 'AADSTS50105']) {
      identity.faults.add({ at: 'token', answer: { kind: 'error', code } })
      const visitor = world.otherBrowser()
      answers.push(await world.signIn('/private', {}, visitor))
      identity.faults.clear()
    }
    const sessionCookie = browser.cookies.get(`patkit-${world.port}`)?.value ?? ''
    note('session cookie', sessionCookie)

    const shown = answers.map(({ status, headers, body }) => {
      const { 'set-cookie': _, ...others } = headers
      return `${status} ${JSON.stringify(others)}\n${body}`
    })
    const files = (await filesBelow(folder)).filter((file) => !file.startsWith('session-secret'))
    const places = {
      answers: shown,
      log: world.logged,
      printed: [...seen, printed(world.auth), printed(world.storage)],
      files,
    }
    const found = Object.entries(places).flatMap(([place, texts]) =>
      [...secrets]
        .filter(([, secret]) => texts.some((text) => text.includes(secret)))
        .map(([name]) => `${name} in ${place}`),
    )
    expect(found).toEqual([])
    // Everything that is looked for was there to be found, also by the page that fails with it.
    expect([...secrets.values()]).toContain(accessTokenSent())
    const kinds = new Set([...secrets.keys()].map((name) => name.replace(/ \d+$/, '')))
    expect([...kinds].sort()).toEqual(
      [
        'PAT secret',
        'access_token',
        'client secret',
        'client_secret',
        'code',
        'code_verifier',
        'id_token',
        'refresh_token',
        'session cookie',
        'session id',
      ].sort(),
    )
    expect(files.length).toBeGreaterThan(1)
    expect(new Set(answers.map(({ status }) => status)).size).toBeGreaterThan(3)
  })
})
