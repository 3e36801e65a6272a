import { describe, expect, it } from 'vitest'
import { NotFoundError, SignInRequiredError } from '../../src/index.js'
import { collect, failureOf, startWorld } from '../world.js'

describe('the last page', () => {
  it.each(['absent', 'null', 'empty', 'empty-guid'] as const)(
    'fault 42: ends every list when its token is %s',
    async (lastPageToken) => {
      const world = await startWorld({ users: 25, pageSize: 10, tokenPageSize: 2, lastPageToken })
      const users = await collect(world.devops.users.list())
      expect(users).toHaveLength(25)
      const busy = [...world.emulator.data.people()].find((person) => world.emulator.data.tokensOf(person).length > 4)
      const tokens = await collect(world.devops.tokenAdmin.list(busy?.descriptor ?? ''))
      expect(tokens).toHaveLength(busy === undefined ? 0 : world.emulator.data.tokensOf(busy).length)
      await collect(world.devops.pats.list())
      // A list that did not stop would ask for the first page again.
      const asked = world.emulator.journal.requests.map(({ path, query }) => `${path}?${JSON.stringify(query)}`)
      expect(new Set(asked).size).toBe(asked.length)
    },
  )
})

describe('an organization that does not exist, or lets nobody in', () => {
  it('fault 38: is a 404 that names what was asked for', async () => {
    const world = await startWorld()
    const error = await failureOf(collect(world.client({ organization: 'no-such-organization' }).users.list()))
    expect(error).toBeInstanceOf(NotFoundError)
    expect(String(error)).toContain('/no-such-organization/_apis/graph/users')
    expect(world.emulator.journal.requests).toHaveLength(1)
  })

  it('fault 38: is the sign-in page, which is an error of the sign-in and no empty list', async () => {
    const world = await startWorld()
    const answer = { status: 203, headers: { 'content-type': 'text/html' }, body: '<html>Sign In</html>' }
    world.emulator.faults.add({ answer })
    const error = await failureOf(world.clock.runUntil(collect(world.devops.scanTokens())))
    expect(error).toBeInstanceOf(SignInRequiredError)
  })
})
