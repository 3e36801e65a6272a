import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { graphVersion, request } from '../test/world.js'
import { startEmulator } from './index.js'
import { main } from './main.js'

/** Runs the command and stops it once `whileRunning` is done with it. */
async function run(args: readonly string[], whileRunning: (out: string) => Promise<void> = () => Promise.resolve()) {
  const printed = { out: '', err: '' }
  let stop: () => void = () => undefined
  const stopped = new Promise<void>((resolve) => (stop = resolve))
  const code = await main(args, {
    write: (text) => {
      printed.out += text
      void whileRunning(text).finally(() => stop())
    },
    writeError: (text) => (printed.err += text),
    untilStopped: () => stopped,
  })
  return { code, ...printed }
}

const settingsIn = (out: string): Record<string, string> =>
  Object.fromEntries(
    [...out.matchAll(/(PATKIT_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const),
  )

describe('patkit-emulator', () => {
  test('prints settings that open the organization, and ends with 0', async () => {
    let count: unknown
    const { code, out, err } = await run(
      ['--users', '17', '--org', 'contoso', '--seed', '7', '--plain-names'],
      async (text) => {
        const settings = settingsIn(text)
        const url = `${settings['PATKIT_BASE_URL'] ?? ''}/${settings['PATKIT_ORG'] ?? ''}/_apis/graph/users?${graphVersion}`
        const reply = await request(url, { authorization: `Bearer ${settings['PATKIT_ACCESS_TOKEN'] ?? ''}` })
        count = (reply.json as { count: number }).count
      },
    )
    expect([code, err, count]).toEqual([0, '', 17])
    expect(out).toContain('Ctrl-C ends it')
    expect(out).toMatch(/^npx patkit login --browser --emulator http:\/\/localhost:\d+ --client-id [0-9a-f-]{36}$/m)
    await expect(fetch(settingsIn(out)['PATKIT_BASE_URL'] ?? '')).rejects.toThrow('fetch failed')
  })

  test('limits the rate as told', async () => {
    const args = ['--rate-limit', '50/s', '--rate-limit-used', '95.5']
    let headers: Headers | undefined
    await run(args, async (text) => {
      const settings = settingsIn(text)
      const url = `${settings['PATKIT_BASE_URL'] ?? ''}/fabrikam/_apis/graph/users?${graphVersion}`
      headers = (await request(url, { authorization: `Bearer ${settings['PATKIT_ACCESS_TOKEN'] ?? ''}` })).headers
    })
    expect([headers?.get('x-ratelimit-limit'), headers?.get('x-ratelimit-remaining')]).toEqual(['200', '8'])
  })

  test.each([['--help'], ['-h']])('%s shows every option and examples', async (flag) => {
    const { code, out } = await run([flag])
    expect(code).toBe(0)
    for (const option of [
      '--users',
      '--org',
      '--seed',
      '--port',
      '--latency',
      '--page-size',
      '--rate-limit',
      '--rate-limit-used',
      '--plain-names',
    ]) {
      expect(out).toContain(option)
    }
    expect(out).toContain('Examples:')
  })

  test.each([
    [['--users', 'many'], '--users must be a whole number, not "many"'],
    [['--users'], '--users needs a value; see --help'],
    [['--users', '-3'], '--users needs a value; see --help'],
    [['--users=-3'], 'users must be a whole number from 0 to 10000000, not -3'],
    [['--port', '70000'], 'port must be a whole number from 0 to 65535, not 70000'],
    [['--org', '../x'], 'organization must be 1 to 50 letters, digits and hyphens, not "../x"'],
    [['--color'], "unknown option '--color'; see --help"],
    [['more'], "unexpected argument 'more'; see --help"],
    [['--rate-limit', '50'], '--rate-limit must look like 50/s, not "50"'],
    [['--rate-limit', '0/s'], '--rate-limit must look like 50/s, not "0/s"'],
    [
      ['--rate-limit', '5/s', '--rate-limit-used', '101'],
      '--rate-limit-used must be a percentage from 0 to 100, not "101"',
    ],
    [['--rate-limit-used', '5'], '--rate-limit-used needs --rate-limit N/s beside it'],
  ])('refuses %j with 2 and one sentence', async (args, sentence) => {
    expect(await run(args)).toEqual({ code: 2, out: '', err: `patkit-emulator: ${sentence}\n` })
  })

  test('says which port is taken and ends with 1', async () => {
    await using emulator = await startEmulator()
    const { port } = new URL(emulator.url)
    expect(await run(['--port', port])).toEqual({
      code: 1,
      out: '',
      err: `patkit-emulator: port ${port} is taken; choose another with --port, or 0 for any free one\n`,
    })
  })

  test('ends with 0 on Ctrl-C, as a process', async () => {
    const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', bin, '--users', '3'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    let out = ''
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      out += chunk.toString()
      if (!out.includes('npx patkit report')) continue
      child.kill('SIGINT')
      break
    }
    expect(settingsIn(out)).toMatchObject({ PATKIT_ORG: 'fabrikam' })
    expect(await ended).toEqual([0, null])
  })
})
