import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createTestClock, type TestClock } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createWorld, type World } from '../test/world.js'
import { Redactor } from './redact.js'
import { runTokenCommand, type TokenCommandResult } from './token-command.js'

interface RunOptions {
  readonly clock?: TestClock
  readonly signal?: AbortSignal
}

async function run(world: World, command: string, options: RunOptions = {}): Promise<TokenCommandResult> {
  return runTokenCommand({
    command,
    cwd: world.folder,
    env: world.io.env,
    platform: process.platform,
    clock: options.clock ?? createTestClock(),
    timeoutMs: 60_000,
    redactor: new Redactor(),
    signal: options.signal ?? new AbortController().signal,
  })
}

async function failureOf(command: string): Promise<string> {
  await using world = await createWorld()
  const result = await run(world, command)
  if ('token' in result) throw new Error(`got a token from ${command}`)
  return `${result.failure.message} ${result.failure.hint}`
}

test('runTokenCommand() gives what a shell command prints, without the space around it', async () => {
  await using world = await createWorld({ env: { WHO: 'me' } })
  expect(await run(world, `printf ' %s-token\\r\\n' "$WHO" | cat`)).toEqual({ token: 'me-token' })
})

test('runTokenCommand() says how a command failed, with the last line of its complaint', async () => {
  const text = await failureOf(`echo starting >&2; printf '\\033[31mERROR: please run az login\\033[0m\\n' >&2; exit 3`)
  expect(text).toBe(
    'The token command failed with exit code 3: ERROR: please run az login. Run it by itself to see what it needs.',
  )
})

test('runTokenCommand() names a command that is not there', async () => {
  expect(await failureOf('no-such-program-here')).toMatch(/failed with exit code 127: .*not found/)
})

test.each([
  ['true', 'printed nothing.'],
  [`echo '  '; echo please sign in >&2`, 'printed nothing (it said: please sign in).'],
  [`printf 'one\\ntwo\\n'`, 'printed 2 lines instead of a token.'],
  [`echo '{ "accessToken": 1 }'`, 'What the token command printed is no access token.'],
  [`printf 'tök'`, 'What the token command printed is no access token.'],
  ['head -c 300000 /dev/zero | tr "\\0" "\\n" | sed s/^/x/', 'lines instead of a token.'],
  ['kill -9 $$', 'was ended by SIGKILL.'],
])('runTokenCommand() takes no token from %j', async (command, fault) => {
  expect(await failureOf(command)).toContain(fault)
})

test('runTokenCommand() never shows what the command printed, nor a secret in its complaint', async () => {
  const secret = 'tok-1234567890abcdef'
  const shown = await Promise.all([
    failureOf(`echo ${secret}; echo "bad: ${secret}" >&2; exit 1`),
    failureOf(`echo ${secret}; echo ${secret}`),
    failureOf(`echo "${secret} x"`),
    failureOf(`echo "client_secret=${secret}" >&2; exit 1`),
  ])
  for (const text of shown) expect(text).not.toContain(secret)
})

test('runTokenCommand() ends a command that hangs, with everything it started, when its time is over', async () => {
  await using world = await createWorld()
  const clock = createTestClock()
  const ending = run(world, 'sleep 1000 & echo $! > child; sleep 1000 | cat', { clock })
  const pid = await untilWritten(path.join(world.folder, 'child'))
  await clock.advance(60_000)
  expect(await ending).toEqual({
    failure: {
      message: 'The token command gave no token within 60 s.',
      hint: 'Run it by itself: it may be waiting for an answer, which it cannot get here.',
    },
  })
  await untilGone(pid)
})

test('runTokenCommand() ends the command when it is not wanted any more', async () => {
  await using world = await createWorld()
  const controller = new AbortController()
  const ending = run(world, 'echo $$ > child; sleep 1000', { signal: controller.signal })
  const pid = await untilWritten(path.join(world.folder, 'child'))
  controller.abort(new Error('enough'))
  await expect(ending).rejects.toThrow('enough')
  await untilGone(pid)
  await expect(run(world, 'echo token', { signal: controller.signal })).rejects.toThrow('enough')
})

test('runTokenCommand() gives the command no standard input to wait for', async () => {
  expect(await failureOf('cat')).toContain('printed nothing')
})

async function untilWritten(file: string): Promise<number> {
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => '')
    if (text.endsWith('\n')) return Number(text)
    await turn()
  }
}

/** A process that has ended but was not looked after yet counts as gone. */
async function untilGone(pid: number): Promise<void> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    if (state === '' || state.includes(') Z ')) return
    await turn()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
