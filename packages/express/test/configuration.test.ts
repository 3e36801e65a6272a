import { inspect } from 'node:util'
import { AuthClient, ConfigurationError, singleTenant } from '@patkit/core'
import { describe, expect, test } from 'vitest'
import { memoryStorage, signIn, type SignInOptions } from '../src/index.js'
import { expressNames, sampleIds, startWorld } from './world.js'

const clientSecret = 'canary-client-secret'
const sessionSecret = 'canary-session-secret'

const authAt = (redirectUri: string): AuthClient =>
  new AuthClient({
    authority: singleTenant({ tenant: sampleIds.contosoTenant }),
    clientId: sampleIds.singleTenantClient,
    credential: { secret: clientSecret },
    redirectUri,
  })

const make = (options: Partial<SignInOptions>, redirectUri = 'http://localhost:5000/getAToken') =>
  signIn({ auth: authAt(redirectUri), storage: memoryStorage({ secret: sessionSecret }), ...options })

function faultsOf(options: Partial<SignInOptions>, redirectUri?: string): readonly string[] {
  try {
    make(options, redirectUri)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults.map(({ field }) => field)
    throw error
  }
}

describe('signIn() checks its options', () => {
  test('and names the addresses it uses', () => {
    expect(make({}).paths).toEqual({
      signIn: '/login',
      signOut: '/logout',
      redirect: '/getAToken',
      editProfile: undefined,
      resetPassword: undefined,
      frontChannelLogout: '/auth/front-channel-logout',
      afterSignOut: '/',
    })
  })

  test.each([
    [{ signIn: 'login' }, ['paths.signIn']],
    [{ signIn: '//evil.example' }, ['paths.signIn']],
    [{ signOut: 'https://evil.example' }, ['paths.signOut']],
    [{ signOut: '/a?b' }, ['paths.signOut']],
    [{ afterSignOut: '/\r\nSet-Cookie: a=b' }, ['paths.afterSignOut']],
    [{ signIn: '/same', signOut: '/same' }, ['paths.signOut']],
    [{ signIn: '/getAToken' }, ['paths.signIn']],
    [
      { signIn: '', signOut: ' ', frontChannelLogout: 'x' },
      ['paths.signIn', 'paths.signOut', 'paths.frontChannelLogout'],
    ],
  ])('and refuses the paths %j', (paths, fields) => {
    expect(faultsOf({ paths })).toEqual(fields)
  })

  test.each(['', 'a b', 'a;b', 'ä', '__Host-x', '1a', 'x'.repeat(70)])(
    'and refuses %j as the name of a cookie',
    (cookieName) => {
      expect(faultsOf({ session: { cookieName } })).toEqual(['session.cookieName'])
    },
  )

  test.each([0, -1, Number.NaN, Infinity, 1e9])('and refuses %d minutes', (minutes) => {
    expect(() => make({ session: { idleTimeoutMinutes: minutes } })).toThrow(RangeError)
    expect(() => make({ session: { absoluteTimeoutMinutes: minutes } })).toThrow(/session\.absoluteTimeoutMinutes/)
  })

  test('and reports every fault at once', () => {
    expect(faultsOf({ paths: { signIn: 'x', signOut: 'y' }, session: { cookieName: ' ' } })).toEqual([
      'paths.signIn',
      'paths.signOut',
      'session.cookieName',
    ])
  })

  test('and says nothing secret when it is printed', () => {
    const web = make({})
    const all = [web, web.routes(), web.required(), web.errorPage()]
    const printed = inspect(all, { depth: 10, showHidden: true }) + JSON.stringify(all)
    expect(printed).not.toContain(clientSecret)
    expect(printed).not.toContain(sessionSecret)
  })
})

describe.each(expressNames)('what is printed and logged on %s', (express) => {
  test('holds no secret of a sign-in, from its beginning to the sign-out', async () => {
    const locals: string[] = []
    const world = await startWorld({
      express,
      routes: (app, web) => {
        app.use(web.routes())
        app.get('/private', web.required(), (_req, res) => {
          locals.push(inspect(res.locals.signIn.credential, { depth: 10, showHidden: true }))
          locals.push(inspect(res.locals.signIn.account, { depth: 10, showHidden: true }))
          res.json(res.locals.signIn)
        })
        app.use(web.errorPage())
      },
    })
    const first = await world.browser.open('/private')
    const asked = new URL(first.location ?? '').searchParams
    const back = await world.atService(first.location)
    const code = new URL(back, world.origin).searchParams.get('code') ?? ''
    await world.browser.open(back, { site: 'cross-site' })
    const { csrfToken } = (await world.browser.open('/private')).json()
    await world.browser.open(back)
    await world.browser.submit('/logout', { _csrf: 'wrong' })
    await world.browser.submit('/logout', { _csrf: String(csrfToken) })

    const secrets = [
      asked.get('state'),
      asked.get('nonce'),
      code,
      String(csrfToken),
      'emulator-only-secret',
      ...[...world.browser.cookies.values()].map(({ value }) => value).filter((value) => value.length > 20),
    ]
    const said = [...world.logged, ...locals].join('\n')
    expect(said).not.toBe('')
    for (const secret of secrets) {
      expect(secret).toBeTruthy()
      expect(said).not.toContain(secret)
    }
    expect(said).not.toMatch(/eyJ[\w-]{8,}\./)
  })
})
