/** `npm start`: an emulated organization, and both example sites in front of it. */
import { parseArgs } from 'node:util'
import type { Emulator } from '@patkit/emulator'
import { serveDemonstration, untilStopped, type RunningSite } from '@patkit/example-kit'
import { shop } from '../examples/b2c-web/src/main.js'
import { startDemoEmulator } from '../examples/flask-parity-web/src/demo.js'
import { tokenReport } from '../examples/flask-parity-web/src/main.js'

const usualPorts = { port: 5080, 'report-port': tokenReport.port, 'shop-port': shop.port } as const

type Ports = Record<keyof typeof usualPorts, number>

function readPorts(): Ports {
  const names = Object.keys(usualPorts) as (keyof Ports)[]
  const { values } = parseArgs({
    options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  })
  const read = (name: keyof Ports): number => {
    const given = values[name] ?? String(usualPorts[name])
    const port = /^\d{1,5}$/.test(given) ? Number(given) : NaN
    // A site has to know its port beforehand, because its redirect URI names it.
    if (port <= 65_535 && (port > 0 || name === 'port')) return port
    throw new Error(
      `--${name} must be a whole number from ${name === 'port' ? 0 : 1} to 65535, not ${JSON.stringify(given)}.`,
    )
  }
  return { port: read('port'), 'report-port': read('report-port'), 'shop-port': read('shop-port') }
}

function greeting(emulator: Emulator, report: RunningSite, shopSite: RunningSite): string {
  const { url, organization, data } = emulator
  return `
In a browser:

  http://localhost:${report.port}   your own tokens, and the report of the organization "${organization}" with its ${data.size} users
  http://localhost:${shopSite.port}   a shop with B2C user flows and a protected web API

In another terminal (bash, zsh):

  export PATKIT_BASE_URL=${url}
  export PATKIT_ACCESS_TOKEN=${emulator.tokenFor()}
  npm run build
  npx patkit report --org ${organization} --out pats.xlsx pats.html

Everything is made up, and no data leaves this machine. The access token is one of the emulator and good for nothing else.
Ctrl-C ends it all.
`
}

/** In one line what went wrong, and what helps. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isTaken = 'code' in error && error.code === 'EADDRINUSE'
  const port = 'port' in error ? String(error.port) : 'it'
  return isTaken
    ? `Port ${port} is taken by another program. Choose others: npm start -- --port 0 --report-port 5010 --shop-port 5011`
    : error.message
}

/** Stands for variables that mean somebody's real tenant: here they mean nothing. */
const on = (port: number) => ({ PORT: String(port) })

try {
  const ports = readPorts()
  const stopped = untilStopped()
  await using emulator = await startDemoEmulator({ port: ports.port, journalSize: 1_000 })
  const report = await serveDemonstration(tokenReport, emulator, on(ports['report-port']))
  try {
    const shopSite = await serveDemonstration(shop, emulator, on(ports['shop-port']))
    console.log(greeting(emulator, report, shopSite))
    await stopped
    await shopSite.close()
  } finally {
    await report.close()
  }
} catch (error) {
  console.error(`start: ${explain(error)}`)
  process.exitCode = 1
}
