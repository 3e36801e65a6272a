import { describe, expect, test } from 'vitest'
import { personIn, placeNames, startAuthWorld } from './support/world.js'

describe.each(placeNames)('AuthClient with %s', (name) => {
  test('signs somebody in and gives access tokens for them', async () => {
    const { auth, identity, place, signIn } = await startAuthWorld(name)

    const { account } = await signIn({ returnTo: '/reports?page=2' })
    const token = await auth.credentialFor(account).getToken(place.scope)

    expect(account).toMatchObject({ username: place.person })
    expect(personIn(token?.token ?? '')).toBe(account.objectId)
    expect(identity.requests.list('token')).toHaveLength(1)
  })
})
