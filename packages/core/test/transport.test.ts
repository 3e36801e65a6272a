import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { DevOpsClient, isPatkitError, type DevOpsClientOptions } from '../src/index.js'
import { collect, failureOf, readUsers, startWorld } from './world.js'

describe('an error', () => {
  it('R14: carries code, status, activity id, tries and hint, and survives a second copy of the package', async () => {
    const world = await startWorld()
    world.emulator.faults.add({ answer: { status: 404 } })
    const error = await failureOf(readUsers(world))
    if (!isPatkitError(error)) throw new Error('not ours')
    expect(error.code).toBe('PATKIT_NOT_FOUND')
    expect(error.activityId).toMatch(/^[0-9a-f-]{36}$/)
    expect(error.path).toBe('/fabrikam/_apis/graph/users')
    expect(error.hint).toContain('organization name')
    expect(error.attempts).toHaveLength(1)
    expect(isPatkitError({ [Symbol.for('patkit.error')]: true })).toBe(true)
    expect(isPatkitError(new Error('other'))).toBe(false)
  })

  it.each([400, 401, 403, 404, 407, 429, 500, 503])(
    'R14: of HTTP %i never shows the access token, whatever the service echoes',
    async (status) => {
      const world = await startWorld()
      const token = world.emulator.tokenFor('administrator')
      const body = { message: `Bad header: Bearer ${token}`, typeKey: 'X' }
      world.emulator.faults.add({ answer: { status, headers: { 'x-vss-userdata': 'id:account' }, body } })
      const devops = world.client({ credential: () => token })
      const error = await failureOf(readUsers({ devops, clock: world.clock }))
      if (!(error instanceof Error)) throw new Error('no error')
      expect(isPatkitError(error)).toBe(true)
      const shown = [String(error), inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), error.stack]
      for (const text of shown) expect(text).not.toContain(token)
    },
  )
})

describe('DevOpsClient', () => {
  const credential = { pat: 'x'.repeat(52) }

  it.each([
    [{ organization: '../x', credential }, TypeError],
    [{ organization: 'fabrikam', credential, baseUrl: 'http://example.com' }, TypeError],
    [{ organization: 'fabrikam', credential: {} }, TypeError],
    [{ organization: 'fabrikam', credential: { pat: '' } }, TypeError],
    [{ organization: 'fabrikam', credential, userAgent: 'a\r\nX-Evil: 1' }, TypeError],
    [{ organization: 'fabrikam', credential, limits: { maxConcurrency: 0 } }, RangeError],
    [{ organization: 'fabrikam', credential, timeouts: { tryMs: Number.NaN } }, RangeError],
  ])('refuses %j with a sentence', (options, kind) => {
    expect(() => new DevOpsClient(options as DevOpsClientOptions)).toThrow(kind)
  })

  it('shows no secret when it is inspected', () => {
    const devops = new DevOpsClient({ organization: 'fabrikam', credential: { pat: 'canary'.repeat(9) } })
    expect(inspect(devops, { depth: 10, showHidden: true })).not.toContain('canary')
  })

  it('names itself and the program around it to the service', async () => {
    const world = await startWorld({ users: 2 })
    await collect(world.client({ userAgent: 'contoso-audit/2' }).users.list())
    expect(world.emulator.journal.requests[0]?.headers['user-agent']).toMatch(/^contoso-audit\/2 patkit\/\d/)
  })

  it('uses other API versions when told to', async () => {
    const world = await startWorld({ users: 2 })
    await collect(world.client({ apiVersions: { graph: '7.2-preview.1' } }).users.list())
    expect(world.emulator.journal.requests[0]?.query['api-version']).toBe('7.2-preview.1')
  })
})
