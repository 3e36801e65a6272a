import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { TokenRequest } from '@patkit/core'
import { createTestClock } from '@patkit/emulator'
import { expect, test } from 'vitest'
import { createWorld, type World } from '../test/world.js'
import { createCredential, describeSource, findTokenSource, type TokenSource } from './credential.js'
import { Redactor } from './redact.js'

const everything = {
  PATKIT_TOKEN_COMMAND: 'print-token',
  PATKIT_ACCESS_TOKEN: 'access-token',
  AZURE_DEVOPS_EXT_PAT: 'pat',
}

test('findTokenSource() takes the first of the contract, in its order', () => {
  expect(findTokenSource('typed', everything)).toMatchObject({
    kind: 'command',
    command: 'typed',
    from: '--token-command',
  })
  expect(findTokenSource(undefined, everything)).toMatchObject({ command: 'print-token', from: 'PATKIT_TOKEN_COMMAND' })
  expect(findTokenSource(undefined, { ...everything, PATKIT_TOKEN_COMMAND: '' })).toMatchObject({
    token: 'access-token',
  })
  expect(findTokenSource(undefined, { AZURE_DEVOPS_EXT_PAT: ' pat\n' })).toEqual({
    kind: 'pat',
    pat: 'pat',
    from: 'AZURE_DEVOPS_EXT_PAT',
  })
})

test('findTokenSource() names the ways there are, with one exact command, when there is no token', () => {
  expect(() => findTokenSource(undefined, {})).toThrow(
    expect.objectContaining({
      exitCode: 4,
      message: 'No access token.',
      hint:
        'Run patkit login, or add --token-command "az account get-access-token --resource 499b84ac-1321-427f-aa17-267ca6975798 --query accessToken -o tsv", ' +
        'or set PATKIT_TOKEN_COMMAND, PATKIT_ACCESS_TOKEN or AZURE_DEVOPS_EXT_PAT.',
    }) as Error,
  )
})

test.each(['Bearer abc', 'two words', 'line\nbreak', 'tök'])(
  'findTokenSource() refuses %j without repeating it',
  (value) => {
    try {
      findTokenSource(undefined, { PATKIT_ACCESS_TOKEN: value })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 4, message: expect.not.stringContaining(value) as string })
    }
  },
)

test('describeSource() never shows a token or a command', () => {
  expect(describeSource({ kind: 'command', command: 'x --secret y', from: '--token-command' })).toBe(
    'access token by --token-command',
  )
  expect(describeSource({ kind: 'pat', pat: 'p', from: 'AZURE_DEVOPS_EXT_PAT' })).toBe(
    'access token from AZURE_DEVOPS_EXT_PAT',
  )
})

type TokenFunction = (request: TokenRequest) => string | Promise<string>

async function tokenFunction(world: World, source: TokenSource, redactor = new Redactor()): Promise<TokenFunction> {
  const clock = createTestClock('2026-06-01T00:00:00Z')
  const signal = new AbortController().signal
  return (await createCredential(source, { ...world.io, clock, redactor, signal })) as TokenFunction
}

const signal = new AbortController().signal
const again: TokenRequest = { forceRefresh: true, claims: undefined, signal }
const first: TokenRequest = { forceRefresh: false, claims: undefined, signal }

test('createCredential() runs a command once for the first token, and again when it is refused or old', async () => {
  await using world = await createWorld()
  const counting = 'n=$(cat n 2>/dev/null || echo 0); n=$((n+1)); echo $n > n; echo token-$n-of-the-command'
  const redactor = new Redactor()
  const credential = await tokenFunction(
    world,
    { kind: 'command', command: counting, from: '--token-command' },
    redactor,
  )
  expect(await credential(first)).toBe('token-1-of-the-command')
  expect(await credential(again)).toBe('token-2-of-the-command')
  expect(await credential(first)).toBe('token-3-of-the-command')
  expect(redactor.hide('token-2-of-the-command')).toBe('[redacted]')
})

test('createCredential() runs the command although its first token was never used, when it is refused', async () => {
  await using world = await createWorld()
  await writeFile(path.join(world.folder, 'token'), 'one')
  const credential = await tokenFunction(world, { kind: 'command', command: 'cat token', from: '--token-command' })
  await writeFile(path.join(world.folder, 'token'), 'two')
  expect(await credential(again)).toBe('two')
})

test('createCredential() fails at once, as a sign-in that is needed, when the command does', async () => {
  await using world = await createWorld()
  await expect(
    tokenFunction(world, { kind: 'command', command: 'exit 1', from: '--token-command' }),
  ).rejects.toMatchObject({
    code: 'PATKIT_SIGN_IN_REQUIRED',
    message: 'The token command failed with exit code 1.',
  })
})

test('createCredential() gives a token of the environment until it is refused', async () => {
  await using world = await createWorld()
  const credential = await tokenFunction(world, { kind: 'token', token: 'static', from: 'PATKIT_ACCESS_TOKEN' })
  expect(credential(first)).toBe('static')
  expect(() => credential(again)).toThrow(
    expect.objectContaining({
      code: 'PATKIT_SIGN_IN_REQUIRED',
      hint: expect.stringContaining('--token-command') as string,
    }) as Error,
  )
})

function jwtUntil(expiry: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ exp: Date.parse(expiry) / 1000 })}.signature`
}

test('createCredential() refuses a token of the environment that has expired, before anything is sent', async () => {
  await using world = await createWorld()
  const source = (token: string): TokenSource => ({ kind: 'token', token, from: 'PATKIT_ACCESS_TOKEN' })
  await expect(tokenFunction(world, source(jwtUntil('2026-05-31T23:00:00Z')))).rejects.toMatchObject({
    exitCode: 4,
    message: 'The access token in PATKIT_ACCESS_TOKEN expired at 2026-05-31T23:00:00.000Z.',
  })
  await tokenFunction(world, source(jwtUntil('2026-06-01T01:00:00Z')))
  await tokenFunction(world, source('not.a.jwt'))
})

test('createCredential() hands a personal access token over as one', async () => {
  await using world = await createWorld()
  expect(await tokenFunction(world, { kind: 'pat', pat: 'p', from: 'AZURE_DEVOPS_EXT_PAT' })).toEqual({ pat: 'p' })
})
