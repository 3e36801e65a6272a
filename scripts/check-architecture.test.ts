import { describe, expect, it } from 'vitest'
import { breachesOf, importsOf } from './check-architecture.js'

describe('importsOf', () => {
  it('finds imports, re-exports, dynamic imports and import types, and tells types from values', () => {
    const text = `
      import { a } from './a.js'
      import type { B } from '@patkit/core'
      import { type C, type D } from './c.js'
      import './side-effect.js'
      export { e } from './e.js'
      const f = await import('./f.js')
      type G = import('./g.js').G`
    expect(importsOf(text)).toEqual([
      { specifier: './a.js', typeOnly: false },
      { specifier: '@patkit/core', typeOnly: true },
      { specifier: './c.js', typeOnly: true },
      { specifier: './side-effect.js', typeOnly: false },
      { specifier: './e.js', typeOnly: false },
      { specifier: './f.js', typeOnly: false },
      { specifier: './g.js', typeOnly: true },
    ])
  })
})

describe('breachesOf', () => {
  const value = (specifier: string) => [{ specifier, typeOnly: false }]
  const types = (specifier: string) => [{ specifier, typeOnly: true }]

  it('lets report take types from core, but no values', () => {
    expect(breachesOf('packages/report/src/rows.ts', types('@patkit/core'))).toEqual([])
    expect(breachesOf('packages/report/src/rows.ts', value('@patkit/core'))).toEqual([
      'packages/report/src/rows.ts: packages/report may import types only from packages/core',
    ])
  })

  it('keeps the emulator free of everything of ours, also by a relative path', () => {
    expect(breachesOf('packages/emulator/src/seed.ts', types('@patkit/core'))).toHaveLength(1)
    expect(breachesOf('packages/emulator/src/seed.ts', value('../../core/src/clock.js'))).toHaveLength(1)
    expect(breachesOf('packages/emulator/src/devops/users.ts', value('../seed.js'))).toEqual([])
  })

  it('lets a layer of core import its own and lower ones only', () => {
    expect(breachesOf('packages/core/src/http/gate.ts', value('../clock.js'))).toEqual([])
    expect(breachesOf('packages/core/src/http/gate.ts', value('./pace.js'))).toEqual([])
    expect(breachesOf('packages/core/src/http/gate.ts', value('../devops/scan.js'))).toHaveLength(1)
    expect(breachesOf('packages/core/src/paging.ts', types('./http/transport.js'))).toHaveLength(1)
  })

  it('refuses a room of core that nobody gave a layer', () => {
    expect(breachesOf('packages/core/src/misc/helper.ts', value('../clock.js'))).toHaveLength(1)
  })

  it('lets one file alone import msal-node', () => {
    expect(breachesOf('packages/core/src/auth/msal.ts', value('@azure/msal-node'))).toEqual([])
    expect(breachesOf('packages/core/src/auth/sign-in.ts', value('@azure/msal-node'))).toHaveLength(1)
  })

  it('lets examples import every package and their kit, but not each other, and no package an example', () => {
    const site = 'examples/b2c-web/src/app.tsx'
    expect(breachesOf(site, value('@patkit/emulator'))).toEqual([])
    expect(breachesOf(site, value('@patkit/example-kit'))).toEqual([])
    expect(breachesOf(site, value('../../flask-parity-web/src/app.js'))).toEqual([
      'examples/b2c-web/src/app.tsx: examples/b2c-web must not import examples/flask-parity-web',
    ])
    expect(breachesOf('packages/express/src/page.ts', value('@patkit/example-kit'))).toHaveLength(1)
  })

  it('keeps Node and the server out of what runs in a browser', () => {
    const script = 'examples/flask-parity-web/src/browser/table.ts'
    expect(breachesOf(script, value('datatables.net'))).toEqual([])
    expect(breachesOf(script, value('./stream.js'))).toEqual([])
    expect(breachesOf(script, value('../report/filter.js'))).toEqual([])
    expect(breachesOf(script, types('@patkit/report'))).toEqual([])
    for (const wrong of ['node:fs', '@patkit/core', '../report/routes.js'])
      expect(breachesOf(script, value(wrong))).toHaveLength(1)
  })
})
