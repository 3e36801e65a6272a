import { describe, expect, test } from 'vitest'
import { expressNames, places, startWorld, type World } from './world.js'

/** The name of the session cookie. */
const cookieOf = ({ port }: World): string => `patkit-${port}`

describe.each(expressNames)('signIn() on %s', (express) => {
  test.each(Object.keys(places) as (keyof typeof places)[])(
    'sends people of %s to sign in and back to the page they asked for',
    async (place) => {
      const world = await startWorld({ express, place })

      const first = await world.browser.open('/private?page=2')
      expect(first.status).toBe(302)
      const back = await world.atService(first.location)
      const callback = await world.browser.open(back, { site: 'cross-site' })

      expect(callback).toMatchObject({ status: 303, location: '/private?page=2' })
      const page = await world.browser.open('/private?page=2', { site: 'cross-site' })
      expect(page.json()).toMatchObject({ who: world.place.person })
    },
  )
})
