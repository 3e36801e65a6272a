import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ScanOutcome } from '@patkit/core'
import {
  collector,
  daysFromNow,
  failed,
  hostileTexts,
  manyTokens,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  skipped,
} from '../test/samples.js'
import { escapeMarkup, showBidi, xmlText } from './cell.js'
import { style } from './html/style.js'
import { writeReport, type ReportOptions } from './report.js'

async function pageOf(scan: AsyncIterable<ScanOutcome>, options: ReportOptions = {}): Promise<string> {
  const { stream, bytes } = collector()
  await writeReport(scan, [{ stream, format: 'html' }], { now, organization: 'fabrikam', ...options })
  return bytes().toString('utf8')
}

function textOf(page: string): string {
  return page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

/** Token names in the order of the table. */
function listed(page: string): string[] {
  return [...page.matchAll(/<td role="cell"><span>(.*?)<small class="id">/g)].map((match) => match[1] ?? '')
}

describe('writeReport() to HTML', () => {
  it('allows nothing but its own style, which its hash names', async () => {
    const page = await pageOf(manyTokens(3))
    const inline = /<style>(.*)<\/style>/s.exec(page)?.[1] ?? ''
    const hash = createHash('sha256').update(inline).digest('base64')
    expect(page).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'">`,
    )
  })

  it('needs no script and no network', async () => {
    const page = await pageOf(manyTokens(3))
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:|\son\w+=|\sstyle=/i)
  })

  it('fault 51: turns every hostile name into text', async () => {
    const tokens = hostileTexts.map((displayName) => sampleToken({ displayName }))
    const page = await pageOf(scanOf(read(tokens, sampleUser({ displayName: '<img src=x onerror=alert(1)>' }))))
    for (const text of hostileTexts) expect(page).toContain(escapeMarkup(showBidi(xmlText(text))))
    expect(page).not.toContain('<img')
    // eslint-disable-next-line no-control-regex -- what no page should hold
    expect(page).not.toMatch(/[\u0000-\u0008\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/)
  })

  it('says first whether the report is whole', async () => {
    expect(textOf(await pageOf(manyTokens(3)))).toContain('✓ Complete: 1 user was read.')
    const incomplete = await pageOf(
      scanOf(failed(sampleUser({ displayName: 'Zoë <3' }), 'HTTP 503', { code: 'PATKIT_SERVICE', status: 503 })),
    )
    expect(textOf(incomplete)).toContain('✗ Incomplete: the tokens of 1 of 1 user could not be read')
    expect(incomplete).toContain('href="#not-read"')
    expect(textOf(incomplete)).toMatch(/Zoë &lt;3 aad\.QW5u HTTP 503 PATKIT_SERVICE · HTTP 503/)
  })

  it('counts statuses and flags on cards, flags among tokens that still work', async () => {
    const tokens = [
      sampleToken({ scope: 'app_token' }),
      sampleToken({ scope: 'app_token', isValid: false }),
      sampleToken({ validTo: daysFromNow(3), targetAccounts: null }),
      sampleToken({ validTo: daysFromNow(-3) }),
    ]
    const text = textOf(await pageOf(scanOf(read(tokens))))
    expect(text).toContain('4 Tokens of 1 user read 1 Active work for more than 30 days 1 Expiring end within 30 days')
    expect(text).toContain('1 Expired no longer work 1 Revoked were ended early')
    expect(text).toContain('1 Full access (app_token) still work; 2 in all')
    expect(text).toContain('Azure DevOps stops accepting such tokens on 2026-12-01')
  })

  it('draws when working tokens end, month by month', async () => {
    const ends = ['2026-11-30', '2027-01-15', '2027-01-20', '2028-06-01', '9999-12-31']
    const tokens = ends.map((day) => sampleToken({ validTo: new Date(`${day}T00:00:00Z`) }))
    const page = await pageOf(scanOf(read([...tokens, sampleToken({ validTo: daysFromNow(-1) })])))
    expect(page).toContain('aria-label="Tokens that end, by month: Nov 2026 1, Dec 2026 0, Jan 2027 2,')
    expect(textOf(page)).toContain(
      'When the tokens end that work on 20 Nov 2026. 1 token ends later. 1 token has no end.',
    )
  })

  it('names the owners with the most working tokens, and the scopes', async () => {
    const owner = (index: number): ScanOutcome =>
      read(
        Array.from({ length: index }, () => sampleToken({ scope: index === 12 ? 'app_token' : 'vso.code' })),
        sampleUser({ displayName: `Owner ${index}.`, mailAddress: `o${index}@fabrikam.com` }),
      )
    const text = textOf(await pageOf(scanOf(...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(owner))))
    const owners = text.slice(text.indexOf('Owners with the most tokens'), text.indexOf('Tokens 78 tokens'))
    expect([...owners.matchAll(/Owner (\d+)\./g)].map((match) => Number(match[1]))).toEqual([
      12, 11, 10, 9, 8, 7, 6, 5, 4, 3,
    ])
    expect(owners).toContain('o12@fabrikam.com · 12 with full access 12')
    expect(text).toContain('Scopes vso.code 66 app_token 12')
  })

  it('lists what needs a look first', async () => {
    const tokens = [
      sampleToken({ displayName: 'revoked', isValid: false }),
      sampleToken({ displayName: 'expired', validTo: daysFromNow(-1) }),
      sampleToken({ displayName: 'active', validTo: daysFromNow(60) }),
      sampleToken({ displayName: 'never', validTo: null }),
      sampleToken({ displayName: 'everywhere', validTo: daysFromNow(300), targetAccounts: null }),
      sampleToken({ displayName: 'in 9 days', validTo: daysFromNow(9) }),
      sampleToken({ displayName: 'in 2 days', validTo: daysFromNow(2) }),
    ]
    const order = ['in 2 days', 'in 9 days', 'everywhere', 'active', 'never', 'expired', 'revoked']
    expect(listed(await pageOf(scanOf(read(tokens))))).toEqual(order)
  })

  it('lists no more tokens than maxRows, the most urgent, and says so', async () => {
    async function* scan(): AsyncGenerator<ScanOutcome> {
      yield* manyTokens(500)
      yield read([sampleToken({ displayName: 'urgent', validTo: daysFromNow(1) })])
      yield* manyTokens(500)
    }
    const page = await pageOf(scan(), { html: { maxRows: 20 } })
    expect(listed(page)).toHaveLength(20)
    expect(listed(page)[0]).toBe('urgent')
    expect(textOf(page)).toContain('20 of 1,001 tokens , because a page of all would be slow to open')
  })

  it('lists none with maxRows 0, and still counts', async () => {
    const page = await pageOf(manyTokens(5), { html: { maxRows: 0 } })
    expect(listed(page)).toEqual([])
    expect(textOf(page)).toContain('5 Tokens of 1 user read')
  })

  it("shows the sample's five columns", async () => {
    const page = await pageOf(scanOf(read([sampleToken({ validToText: '2027-01-02T00:00:00' })])), {
      columns: 'sample',
    })
    const table = textOf(page.slice(page.indexOf('<table role="table" class="sample"')))
    expect(table).toContain(
      'DisplayName Owner isValid validFrom validTo build agent Ann Example true 2026-11-10T12:00:00.0000000 2027-01-02T00:00:00',
    )
  })

  it('says so when there is nothing to list', async () => {
    expect(textOf(await pageOf(scanOf()))).toContain('There are no tokens.')
    expect(textOf(await pageOf(manyTokens(1), { status: 'revoked' }))).toContain('No token passes the filter.')
  })

  it('counts skipped identities by reason', async () => {
    const scan = scanOf(skipped(sampleUser()), skipped(sampleUser(), 'group'), skipped(sampleUser(), 'group'))
    expect(textOf(await pageOf(scan))).toContain(
      '3 identities own no personal access tokens. The workbook names each. group 2 service identity 1',
    )
  })

  it('closes every element it opens', async () => {
    const page = await pageOf(
      scanOf(read([sampleToken()]), skipped(sampleUser()), failed(sampleUser(), 'x', { code: 'PATKIT_TIMEOUT' })),
    )
    const open: string[] = []
    for (const [, end, name = '', rest = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (end === '/') expect(open.pop()).toBe(name)
      else if (name !== 'meta' && !rest.endsWith('/')) open.push(name)
    }
    expect(open).toEqual([])
  })

  it('gives every table a caption and every header cell a scope, and every section a heading', async () => {
    const page = await pageOf(scanOf(read([sampleToken()]), failed(sampleUser(), 'x', { code: 'PATKIT_TIMEOUT' })))
    expect(page.match(/<table/g)).toHaveLength(2)
    expect(page.match(/<caption>/g)).toHaveLength(2)
    for (const [header] of page.matchAll(/<th [^>]*>/g)) expect(header).toMatch(/scope="(col|row)"/)
    for (const [, id] of page.matchAll(/aria-labelledby="([^"]+)"/g)) expect(page).toContain(`<h2 id="${id ?? ''}">`)
    expect(page).toMatch(/<html lang="en">/)
  })
})

describe('the style of the page', () => {
  const pairs: readonly (readonly [string, string])[] = [
    ['ink', 'page'],
    ['ink', 'paper'],
    ['ink', 'raised'],
    ['soft', 'page'],
    ['soft', 'paper'],
    ['soft', 'raised'],
    ['accent', 'paper'],
    ['good', 'goodPaper'],
    ['bad', 'badPaper'],
    ['warn', 'warnPaper'],
    ['quiet', 'quietPaper'],
    ['good', 'paper'],
    ['bad', 'paper'],
    ['warn', 'paper'],
    ['quiet', 'paper'],
  ]

  it.each(['light', 'dark'] as const)('has a contrast of at least 4.5 : 1 for every text, in %s', (scheme) => {
    const colours = coloursOf(scheme)
    for (const [ink, paper] of pairs) {
      expect([ink, paper, contrast(colour(colours, ink), colour(colours, paper)) >= 4.5]).toEqual([ink, paper, true])
    }
  })

  it.each(['light', 'dark'] as const)('has a contrast of at least 3 : 1 for every bar, in %s', (scheme) => {
    const colours = coloursOf(scheme)
    for (const bar of ['bar', 'badBar'] as const) {
      expect([bar, contrast(colour(colours, bar), colour(colours, 'paper')) >= 3]).toEqual([bar, true])
    }
  })
})

function coloursOf(scheme: 'light' | 'dark'): Map<string, string> {
  const blocks = [...style.matchAll(/:root\{([^}]*)\}/g)].map((match) => match[1] ?? '')
  const block = blocks[scheme === 'light' ? 0 : 1] ?? ''
  return new Map([...block.matchAll(/--(\w+):(#[0-9a-f]+)/g)].map(([, name = '', value = '']) => [name, value]))
}

function colour(colours: Map<string, string>, name: string): string {
  const value = colours.get(name)
  if (value === undefined) throw new Error(`the style has no colour ${name}`)
  return value
}

/** WCAG 2.2, contrast ratio. */
function contrast(first: string, second: string): number {
  const [light = 0, dark = 0] = [luminance(first), luminance(second)].sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const digits = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = parseInt(digits.slice(start, start + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
