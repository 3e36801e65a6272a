import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startEmulator, type Emulator, type EmulatorOptions } from '@patkit/emulator'
import { serve } from '@patkit/example-kit'
import { memoryStorage } from '@patkit/express'
import { chromium, type Page } from 'playwright-core'
import { createApp, siteAssets } from '../../examples/flask-parity-web/src/app.js'
import { demoSettings } from '../../examples/flask-parity-web/src/demo.js'
import { freePort } from '../../packages/core/test/free-port.js'

/** The example site in front of an emulator, both in this process, and Chromium in its own. */
export interface Site {
  readonly emulator: Emulator
  /** An administrator is signed in here, on the page where reports begin. */
  readonly page: Page
}

/** Lets `work` have the site, and takes everything away again. */
export async function withSite<T>(options: EmulatorOptions, work: (site: Site) => Promise<T>): Promise<T> {
  const closers: (() => Promise<void>)[] = []
  const opened = async <R>(resource: R | Promise<R>, close: (resource: R) => Promise<void>): Promise<R> => {
    const it = await resource
    closers.unshift(() => close(it))
    return it
  }
  try {
    const folder = await opened(mkdtemp(path.join(tmpdir(), 'patkit-bench-')), (name) =>
      rm(name, { recursive: true, force: true }),
    )
    const emulator = await opened(startEmulator(options), (each) => each.close())
    const settings = demoSettings(emulator, { PORT: String(await freePort()) }, path.join(folder, 'reports'))
    const assets = await siteAssets()
    const app = await opened(createApp({ settings, storage: memoryStorage(), assets }), (each) => each.close())
    const running = await opened(serve(app.express, settings), (each) => each.close())
    const context = await opened(openChromium(path.join(folder, 'browser')), (each) => each.close())
    const page = context.pages()[0] ?? (await context.newPage())
    const hint = new URLSearchParams({ login_hint: settings.demoPerson ?? '', returnTo: '/reports' })
    await page.goto(`http://localhost:${running.port}/login?${hint.toString()}`)
    await page.getByRole('button', { name: 'Start a report' }).waitFor()
    return await work({ emulator, page })
  } finally {
    for (const close of closers) await close()
  }
}

function openChromium(userData: string) {
  return chromium.launchPersistentContext(userData, {
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
