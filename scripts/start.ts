/** `npm start`: an emulated organization on a fixed port, to point the command or a program of your own at. */
import { parseArgs } from 'node:util'
import { startEmulator, type Emulator } from '@patkit/emulator'

const defaultPort = 5080

function readPort(): number {
  const { values } = parseArgs({ options: { port: { type: 'string', default: String(defaultPort) } } })
  const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : NaN
  if (port <= 65_535) return port
  throw new Error(`--port must be a whole number from 0 to 65535, not ${JSON.stringify(values.port)}.`)
}

function greeting(emulator: Emulator): string {
  const { url, organization, data } = emulator
  return `
The organization "${organization}" with ${data.size} users is at ${url}. It is made up, and no data leaves this machine.

In another terminal (bash, zsh):

  export PATKIT_BASE_URL=${url}
  export PATKIT_ACCESS_TOKEN=${emulator.tokenFor()}
  npm run build
  npx patkit report --org ${organization} --out pats.xlsx pats.html

The access token is one of the emulator and good for nothing else. Ctrl-C ends the emulator.
`
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isTaken = 'code' in error && error.code === 'EADDRINUSE'
  return isTaken ? `The port is taken by another program. Choose another one: npm start -- --port 0` : error.message
}

try {
  const stopped = untilStopped()
  await using emulator = await startEmulator({ users: 400, seed: 7, port: readPort(), journalSize: 1_000 })
  console.log(greeting(emulator))
  await stopped
} catch (error) {
  console.error(`start: ${explain(error)}`)
  process.exitCode = 1
}
