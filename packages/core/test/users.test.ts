import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../src/index.js'
import { collect, failureOf, startWorld } from './world.js'

describe('users.list', () => {
  it('fault 49: follows the continuation token carried in the header, over several pages', async () => {
    const { emulator, devops } = await startWorld({ users: 25, pageSize: 10 })
    const users = await collect(devops.users.list())
    expect(users.map(({ descriptor }) => descriptor)).toEqual(
      [...emulator.data.users()].map(({ descriptor }) => descriptor),
    )
    expect(emulator.journal.requests).toHaveLength(3)
    expect(emulator.journal.requests.every(({ query }) => query['api-version'] === '7.1-preview.1')).toBe(true)
  })

  it('fault 39: goes on over pages that the filter left short or empty', async () => {
    const { emulator, devops } = await startWorld({
      pageSize: 2,
      people: [
        { kind: 'member' },
        { kind: 'member' },
        { kind: 'build-service' },
        { kind: 'build-service' },
        { kind: 'personal-account' },
      ],
    })
    const users = await collect(devops.users.list({ subjectTypes: ['aad', 'msa'] }))
    expect(users).toHaveLength(3)
    expect(emulator.journal.requests).toHaveLength(3)
    expect(emulator.journal.requests[0]?.query['subjectTypes']).toBe('aad,msa')
  })

  it('sends nothing before the first read and nothing after break', async () => {
    const { emulator, devops } = await startWorld({ users: 30, pageSize: 10 })
    const list = devops.users.list()
    expect(emulator.journal.requests).toHaveLength(0)
    for await (const _ of list) break
    expect(emulator.journal.requests).toHaveLength(1)
  })

  it('byPage() continues where an earlier run stopped', async () => {
    const { devops } = await startWorld({ users: 30, pageSize: 10 })
    const [first] = await collect(devops.users.list().byPage())
    const rest = await collect(devops.users.list().byPage({ continuationToken: first?.continuationToken }))
    expect(rest.flatMap(({ items }) => items)).toHaveLength(20)
  })

  it('refuses a user without a descriptor, and names the field', async () => {
    const { devops } = await startWorld({ people: [{}, { extra: { descriptor: null } }] })
    const error = await failureOf(collect(devops.users.list()))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ field: 'value[1].descriptor', status: 200 })
  })
})

describe('users.get', () => {
  it('reads one user', async () => {
    const { emulator, devops } = await startWorld()
    const some = emulator.data.userAt(1)
    expect((await devops.users.get(some.descriptor)).displayName).toBe(some.displayName)
  })

  it('says that there is no such user', async () => {
    const { devops } = await startWorld()
    const hint = expect.stringContaining('Check the descriptor') as unknown
    const notFound = { code: 'PATKIT_NOT_FOUND', status: 404, hint }
    expect(await failureOf(devops.users.get('aad.bm9ib2R5'))).toMatchObject(notFound)
    expect(await failureOf(collect(devops.tokenAdmin.list('aad.bm9ib2R5')))).toMatchObject(notFound)
  })

  it.each(['', 'nodot', '../x', 'aad.', 'aad.a b'])('refuses %j before anything is sent', async (descriptor) => {
    const { emulator, devops } = await startWorld()
    expect(() => devops.users.get(descriptor)).toThrow(TypeError)
    expect(emulator.journal.requests).toHaveLength(0)
  })
})

describe('servicePrincipals.list', () => {
  it('reads service principals with their application id', async () => {
    const { emulator, devops } = await startWorld()
    const found = await collect(devops.servicePrincipals.list())
    expect(found.map(({ applicationId }) => applicationId)).toEqual(
      emulator.data.servicePrincipals.map(({ applicationId }) => applicationId),
    )
    expect(found.length).toBeGreaterThan(0)
  })
})
