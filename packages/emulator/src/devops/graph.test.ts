import { describe, expect, test } from 'vitest'
import { graphVersion, type Reply, startWorld, type World } from '../../test/world.js'

interface Listed {
  readonly count: number
  readonly value: readonly { readonly descriptor: string; readonly displayName: string | null }[]
}

const listed = (reply: Reply): Listed => reply.json as Listed

/** Follows the continuation header to the end. */
async function allPages(send: World['send'], path: string): Promise<Reply[]> {
  const pages: Reply[] = []
  for (let token: string | null = ''; token !== null;) {
    const page = await send(`${path}&continuationToken=${encodeURIComponent(token)}`)
    pages.push(page)
    token = page.headers.get('x-ms-continuationtoken')
  }
  return pages
}

describe('graph/users', () => {
  test('lists everybody over several pages, in the order of the organization', async () => {
    const { emulator, send } = await startWorld({ users: 45, pageSize: 10 })
    const pages = await allPages(send, `graph/users?${graphVersion}`)
    expect(pages.map((page) => listed(page).count)).toEqual([10, 10, 10, 10, 5])
    expect(pages.flatMap((page) => listed(page).value.map(({ descriptor }) => descriptor))).toEqual(
      Array.from(emulator.data.users(), ({ descriptor }) => descriptor),
    )
  })

  test('cuts pages before it filters, so that short and empty pages have a token', async () => {
    const { emulator, send } = await startWorld({ users: 20, pageSize: 2 })
    const pages = await allPages(send, `graph/users?subjectTypes=aad,msa&${graphVersion}`)
    const sizes = pages.map((page) => listed(page).count)
    expect(sizes).toHaveLength(10)
    // Both of the second page are service identities.
    expect(sizes[1]).toBe(0)
    expect(pages[1]?.headers.get('x-ms-continuationtoken')).not.toBeNull()
    const wanted = Array.from(emulator.data.users(), ({ descriptor }) => descriptor).filter((one) =>
      /^(?:aad|msa)\./.test(one),
    )
    expect(pages.flatMap((page) => listed(page).value.map(({ descriptor }) => descriptor))).toEqual(wanted)
  })

  test('gives tokens that only arrive whole when they are encoded once', async () => {
    const { send } = await startWorld({ users: 4, pageSize: 2 })
    const first = await send(`graph/users?${graphVersion}`)
    const token = first.headers.get('x-ms-continuationtoken') ?? ''
    expect(token).toMatch(/\+.*\/.*=/)
    const with_ = (text: string): Promise<Reply> => send(`graph/users?${graphVersion}&continuationToken=${text}`)
    expect((await with_(encodeURIComponent(token))).status).toBe(200)
    expect((await with_(token)).status).toBe(400)
    expect((await with_(encodeURIComponent(encodeURIComponent(token)))).status).toBe(400)
  })

  test('repeats the end of a page at the beginning of the next where pageOverlap says so', async () => {
    const { send } = await startWorld({ users: 6, pageSize: 3, pageOverlap: 1 })
    const [first, second] = await allPages(send, `graph/users?${graphVersion}`)
    if (first === undefined || second === undefined) throw new Error('two pages were expected')
    expect(listed(second).value[0]).toEqual(listed(first).value[2])
    expect(listed(second).count).toBe(4)
  })

  test('ends with an empty header where lastPageToken says so', async () => {
    const { send } = await startWorld({ users: 3, lastPageToken: 'empty' })
    expect((await send(`graph/users?${graphVersion}`)).headers.get('x-ms-continuationtoken')).toBe('')
  })

  test('lists nobody in an empty organization', async () => {
    const { send } = await startWorld({ users: 0 })
    expect((await send(`graph/users?${graphVersion}`)).json).toEqual({ count: 0, value: [] })
  })

  test('refuses a scope, for it would have to answer for the whole organization', async () => {
    const { send } = await startWorld()
    const reply = await send(`graph/users?scopeDescriptor=scp.abc&${graphVersion}`)
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({ typeKey: 'VssPropertyValidationException', eventId: 3000 })
  })
})

describe('graph/users/{descriptor}', () => {
  test('gets each user that the list has', async () => {
    const { emulator, send } = await startWorld({ users: 30 })
    const everybody = listed(await send(`graph/users?${graphVersion}`)).value
    for (const user of everybody) {
      const reply = await send(`graph/users/${encodeURIComponent(user.descriptor)}?${graphVersion}`)
      expect(reply.json).toEqual(user)
    }
    expect(everybody).toHaveLength(emulator.data.size)
  })

  test('finds a descriptor with characters that have to be encoded', async () => {
    const descriptor = 'aad.a/b+c=d e&f?g'
    const { send } = await startWorld({ people: [{ descriptor, displayName: 'Odd One' }] })
    const reply = await send(`graph/users/${encodeURIComponent(descriptor)}?${graphVersion}`)
    expect(reply.json).toMatchObject({ descriptor, displayName: 'Odd One' })
  })

  test.each([
    ['an unknown user', 'aad.MDA0NzBlMzQtZGE2MS03YTY5LWJkOTYtNDg3YTg0OWVjNTU4', 404, 'GraphSubjectNotFoundException'],
    ['a group', 'vssgp.Uy0xLTktMTU1MTM3NDI0NS0x', 400, 'InvalidSubjectTypeException'],
    ['a directory group', 'aadgp.Uy0xLTktMTU1MTM3NDI0NS0x', 400, 'InvalidSubjectTypeException'],
    ['no descriptor', 'nobody', 400, 'GraphBadRequestException'],
  ])('refuses %s', async (_what, descriptor, status, typeKey) => {
    const { send } = await startWorld()
    const reply = await send(`graph/users/${descriptor}?${graphVersion}`)
    expect([reply.status, (reply.json as { typeKey: string }).typeKey]).toEqual([status, typeKey])
  })

  test('refuses a service principal, which has a list of its own', async () => {
    const { emulator, send } = await startWorld()
    const [principal] = emulator.data.servicePrincipals
    const descriptor = principal?.descriptor ?? ''
    expect((await send(`graph/users/${descriptor}?${graphVersion}`)).status).toBe(400)
    const reply = await send(`graph/serviceprincipals/${descriptor}?${graphVersion}`)
    expect(reply.json).toMatchObject({
      descriptor,
      subjectKind: 'servicePrincipal',
      applicationId: principal?.applicationId,
    })
  })
})
