import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../packages/core/test/free-port.js'
import { snippetsOf } from '../scripts/check-snippets.js'
import { mustRun, run } from './run.js'
import { packAll, published, root, type Published } from './tarballs.js'

let tarballs: Readonly<Record<Published, string>>
/** An empty project outside the repository, with nothing but the packed packages and what a user would have. */
let project: string
let emulator: { readonly env: NodeJS.ProcessEnv; readonly network: NodeJS.ProcessEnv; end(): void }

beforeAll(async () => {
  tarballs = await packAll()
  project = await mkdtemp(path.join(tmpdir(), 'patkit-packages-'))
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'user', private: true }))
  const versions = await versionsOf(['typescript', '@types/node', 'express', '@types/express'])
  await mustRun('npm', ['install', '--no-audit', '--no-fund', ...Object.values(tarballs), ...versions], {
    cwd: project,
  })
  emulator = await startEmulator()
})

afterAll(async () => {
  emulator.end()
  await rm(project, { recursive: true, force: true })
})

/** The command is not imported. */
const imported = published.filter((name) => name !== 'cli')

test.each(imported)('the tarball of %s has types for every way to import it (attw)', async (name) => {
  const output = await mustRun('npx', ['attw', '--no-emoji', '--profile', 'node16', tarballs[name]], { cwd: root })
  expect(output).toContain('No problems found')
})

describe.each(published)('the tarball of %s', (name) => {
  test('holds what its allow-list says, with licence, README and no script that runs at installation', async () => {
    const files = (await mustRun('tar', ['-tzf', tarballs[name]], { cwd: root })).trim().split('\n')
    expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/package.json']))
    expect(files.filter((file) => /\/(src|test|node_modules)\/|\.test\./.test(file))).toEqual([])
    const manifest = JSON.parse(
      await readFile(path.join(project, 'node_modules', '@patkit', name, 'package.json'), 'utf8'),
    ) as { scripts: Record<string, string>; sideEffects?: boolean; repository?: unknown; engines?: unknown }
    expect(Object.keys(manifest.scripts).filter((script) => /install|^prepare$/.test(script))).toEqual([])
    expect(manifest).toMatchObject({ repository: expect.anything() as unknown, engines: { node: '>=20.19' } })
  })

  test('passes publint', async () => {
    expect(await mustRun('npx', ['publint', 'run', '--strict', tarballs[name]], { cwd: root })).toContain('All good!')
  })
})

/** The first example of a README. */
async function firstExample(name: Published): Promise<string> {
  const page = await readFile(path.join(project, 'node_modules', '@patkit', name, 'README.md'), 'utf8')
  return snippetsOf('README.md', page)[0]?.code ?? ''
}

/** The same in a function of its own, for modules that cannot wait at the top. */
function inFunction(code: string): string {
  const lines = code.split('\n')
  const isImport = (line: string): boolean => line.startsWith('import ')
  const body = lines.filter((line) => !isImport(line)).join('\n')
  return `${lines.filter(isImport).join('\n')}\nasync function main() {\n${body}\n}\nmain().catch((error: unknown) => { console.error(error); process.exitCode = 1 })\n`
}

/** Runs an example, a file in a folder, and looks at what came of it. */
type Trial = (folder: string, file: string) => Promise<void>

const prints =
  (words: RegExp): Trial =>
  async (folder, file) => {
    const { exitCode, output } = await run(process.execPath, [file], { cwd: folder, env: emulator.env })
    expect(output).toMatch(words)
    expect(exitCode).toBe(0)
  }

const trials = {
  core: prints(/^LOCAL AUTHORITY|skipped/m),
  report: prints(/\d+ tokens, \d+ of them expire within 30 days/),
  emulator: prints(/^HTTP 200: \{"count":200,"value":\[\{"subjectKind":"user"/m),
  express: sendsToSignIn,
} as const satisfies Partial<Record<Published, Trial>>

async function sendsToSignIn(folder: string, file: string): Promise<void> {
  const port = await freePort()
  const child = spawn(process.execPath, [file], {
    cwd: folder,
    env: {
      ...process.env,
      ...emulator.network,
      PORT: String(port),
      CLIENT_ID: '00001111-aaaa-2222-bbbb-3333cccc4444',
      CLIENT_SECRET: 'only for a test',
      TENANT_ID: 'contoso.onmicrosoft.com',
      XDG_STATE_HOME: folder,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const answer = await untilItListens(child, `http://localhost:${port}/login`)
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toMatch(
      /^https:\/\/login\.microsoftonline\.com\/[^?]+\/oauth2\/v2\.0\/authorize\?/,
    )
  } finally {
    child.kill()
  }
}

/** The example says nothing when it listens, so it is asked until it answers. */
async function untilItListens(child: ChildProcess, url: string): Promise<Response> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the example ended with ${child.exitCode}`)
    try {
      return await fetch(url, { redirect: 'manual', headers: { accept: 'text/html' } })
    } catch {
      await sleep(50)
    }
  }
}

const examples = Object.entries(trials) as [keyof typeof trials, Trial][]

describe.each(examples)('the first example of the README of %s runs against the emulator', (name, runs) => {
  async function folderFor(kind: string, type: 'module' | 'commonjs'): Promise<string> {
    const folder = path.join(project, `${name}-${kind}`)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ type }))
    return folder
  }
  const compile = (folder: string, options: Record<string, unknown>): Promise<string> =>
    writeFile(
      path.join(folder, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: { strict: true, target: 'es2023', types: ['node'], outDir: 'built', ...options },
        include: ['*.ts'],
      }),
    ).then(() => mustRun('npx', ['tsc', '-p', folder], { cwd: project }))

  test('as an ES module', async () => {
    const folder = await folderFor('esm', 'module')
    await writeFile(path.join(folder, 'example.js'), await firstExample(name))
    await runs(folder, 'example.js')
  })

  test('as CommonJS', async () => {
    const folder = await folderFor('cjs', 'commonjs')
    const code = inFunction(await firstExample(name))
      .replace(/^import (\{[^}]*\}|\w+) from ('[^']*')$/gm, 'const $1 = require($2)')
      .replace('(error: unknown)', '(error)')
    expect(code).not.toContain('import ')
    await writeFile(path.join(folder, 'example.js'), code)
    await runs(folder, 'example.js')
  })

  test('in TypeScript, nodenext', async () => {
    const folder = await folderFor('nodenext', 'module')
    await writeFile(path.join(folder, 'example.ts'), await firstExample(name))
    await compile(folder, { module: 'nodenext' })
    await runs(folder, 'built/example.js')
  })

  test('in TypeScript, CommonJS', async () => {
    const folder = await folderFor('commonjs', 'commonjs')
    await writeFile(path.join(folder, 'example.ts'), inFunction(await firstExample(name)))
    await compile(folder, { module: 'node16' })
    await runs(folder, 'built/example.js')
  })

  test('in TypeScript for a bundler, bundled', async () => {
    const folder = await folderFor('bundler', 'module')
    const file = path.join(folder, 'example.ts')
    await writeFile(file, await firstExample(name))
    await compile(folder, { module: 'esnext', moduleResolution: 'bundler', noEmit: true })
    await build({
      entryPoints: [file],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: path.join(folder, 'bundle.mjs'),
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url)" },
      logLevel: 'error',
    })
    await runs(folder, 'bundle.mjs')
  })
})

test('the command reports on the emulated organization', async () => {
  const argv = ['patkit', 'report', '--out', 'pats.xlsx', 'pats.html', '--json']
  const { exitCode, output } = await run('npx', argv, { cwd: project, env: emulator.env })
  expect(output).toContain('"complete":true')
  expect(exitCode).toBe(0)
})

/** Starts the emulator's own command, and gives the variables it tells people to set. */
async function startEmulator(): Promise<typeof emulator> {
  const child = spawn(
    process.execPath,
    ['node_modules/@patkit/emulator/bin/patkit-emulator.js', '--users', '40', '--https'],
    {
      cwd: project,
      env: process.env,
    },
  )
  let said = ''
  while (!said.includes('NODE_EXTRA_CA_CERTS=')) {
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
    said += chunk.toString()
  }
  const told = Object.fromEntries(
    [...said.matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
  )
  const only = (names: RegExp): NodeJS.ProcessEnv =>
    Object.fromEntries(Object.entries(told).filter(([name]) => names.test(name)))
  return {
    env: { ...only(/^PATKIT_/), XDG_STATE_HOME: project },
    // With these, a program finds the emulated services at their real addresses.
    network: only(/^(HTTPS_PROXY|NODE_EXTRA_CA_CERTS)$/),
    end: () => child.kill(),
  }
}

/** The versions the repository itself was tested with. */
async function versionsOf(names: readonly string[]): Promise<string[]> {
  const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string } | undefined>
  }
  return names.map((name) => `${name}@${lock.packages[`node_modules/${name}`]?.version ?? 'latest'}`)
}
