/**
 * `npm run demo`: the main job on real input, without an Azure account.
 *
 * Starts an emulated organization, runs the `patkit` command against it over real HTTP, and leaves a workbook, a CSV and a page in
 * `out/` (or in the folder that is given as an argument).
 */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { startEmulator } from '@patkit/emulator'

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const patkit = fileURLToPath(new URL('../packages/cli/src/bin.ts', import.meta.url))

async function main(folder: string): Promise<number> {
  await using emulator = await startEmulator({ users: 400, seed: 7, latencyMs: 40, awkwardNames: 'leave-out' })
  const names = ['pats.xlsx', 'pats.csv', 'pats.html'].map((name) => path.join(folder, name))
  const argv = ['report', '--org', emulator.organization, '--out', ...names, '--force']
  console.log(`An emulated organization of ${emulator.data.size} users is at ${emulator.url}. Now running:\n`)
  console.log(`  patkit ${argv.join(' ')}\n`)
  await mkdir(folder, { recursive: true })
  const state = await mkdtemp(path.join(tmpdir(), 'patkit-demo-'))
  try {
    const exitCode = await runPatkit(argv, {
      ...process.env,
      PATKIT_BASE_URL: emulator.url,
      PATKIT_ACCESS_TOKEN: emulator.tokenFor(),
      // What is meant for somebody's real organization stays out of this.
      PATKIT_TOKEN_COMMAND: '',
      XDG_STATE_HOME: state,
      LOCALAPPDATA: state,
    })
    console.log(exitCode === 0 ? whereToLook(names) : '\nThe emulated organization is gone; npm run demo begins anew.')
    return exitCode
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

function runPatkit(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // Ctrl-C reaches the command as well, which then says what to say and ends; we end after it.
  process.on('SIGINT', () => undefined)
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@patkit/source', '--import', tsx, patkit, ...argv], {
      env,
      // Here the summary is what is wanted, also of whoever redirects standard output.
      stdio: ['inherit', 'inherit', 1],
    })
    child.once('error', reject)
    child.once('close', (exitCode) => resolve(exitCode ?? 1))
  })
}

function whereToLook([workbook = '', csv = '', page = '']: readonly string[]): string {
  return `
Look at
  ${page} in a browser: totals, charts, and every token
  ${workbook} in Excel or LibreOffice: the sheets Tokens, Summary and Not read
  ${csv} in whatever reads CSV

Your own organization, once you have built the command with npm run build:
  npx patkit report --org NAME --out pats.xlsx \\
    --token-command "az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv"
`
}

process.exitCode = await main(process.argv[2] ?? 'out')
