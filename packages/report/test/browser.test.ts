import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { writeReport } from '../src/index.js'
import { findProgram } from './programs.js'
import {
  failed,
  hostileTexts,
  now,
  read,
  sampleToken,
  sampleUser,
  scanOf,
  skipped,
  temporaryFolder,
} from './samples.js'

const executablePath = await findProgram('chromium')

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

describe.skipIf(executablePath === undefined)('the page in a browser', () => {
  it('breaks none of its own rules, asks for nothing, and fits a phone', { timeout: 120_000 }, async () => {
    const file = path.join(await temporaryFolder(), 'pats.html')
    const tokens = hostileTexts.map((displayName) =>
      sampleToken({ displayName, targetAccounts: null, scope: 'app_token' }),
    )
    const scan = scanOf(
      read(tokens, sampleUser({ displayName: '<script>window.hacked = true</script>' })),
      skipped(sampleUser()),
      failed(sampleUser({ descriptor: `aad.${'x'.repeat(120)}` }), 'HTTP 503', { code: 'PATKIT_SERVICE', status: 503 }),
    )
    await writeReport(scan, [file], { now, organization: 'fabrikam' })

    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: quiet })
    try {
      for (const width of [320, 800, 1_280]) {
        const page = await browser.newPage({ viewport: { width, height: 900 } })
        const complaints: string[] = []
        const asked: string[] = []
        page.on('console', (message) => complaints.push(message.text()))
        page.on('pageerror', (error) => complaints.push(error.message))
        page.on('request', (request) => asked.push(request.url()))
        await page.goto(pathToFileURL(file).href)

        expect(complaints).toEqual([])
        expect(asked).toEqual([pathToFileURL(file).href])
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
        expect(await page.evaluate('typeof window.hacked')).toBe('undefined')
        expect(await page.getByRole('table').count()).toBe(2)
        expect(await page.getByRole('row').count()).toBe(hostileTexts.length + 3)
        expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).fontWeight')).toBe('700')
        await page.close()
      }
    } finally {
      await browser.close()
    }
  })
})
