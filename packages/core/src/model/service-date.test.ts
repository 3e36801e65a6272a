import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toDate } from './service-date.js'

describe('toDate', () => {
  it.each([
    ['2018-07-19T00:00:00', '2018-07-19T00:00:00.000Z'],
    ['2020-11-23T04:04:38.5233333Z', '2020-11-23T04:04:38.523Z'],
    ['2020-12-01T23:46:23.32Z', '2020-12-01T23:46:23.320Z'],
    ['2020-12-01T23:46:23+00:00', '2020-12-01T23:46:23.000Z'],
    ['2018-07-18T00:51:26.5557358-07:00', '2018-07-18T07:51:26.555Z'],
    ['2018-07-18T00:51:26-0700', '2018-07-18T07:51:26.000Z'],
    ['0001-01-01T00:00:00', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s as %s', (text, iso) => {
    expect(toDate(text)?.toISOString()).toBe(iso)
  })

  it.each([null, undefined, '', 'soon', '2020-13-01T00:00:00Z', '2020', '1e9', '2020-02-30T99:00:00'])(
    'gives null for %j instead of an invalid date',
    (text) => {
      expect(toDate(text)).toBeNull()
    },
  )

  it('fault 50: never gives an invalid date, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const date = toDate(text)
        expect(date === null || !Number.isNaN(date.getTime())).toBe(true)
      }),
    )
  })

  it('reads back what a Date writes, with the zone or without', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        (date) => {
          expect(toDate(date.toISOString())).toEqual(date)
          expect(toDate(date.toISOString().slice(0, -1))).toEqual(date)
        },
      ),
    )
  })
})
