import { mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'
import {
  checkCheckpointFile,
  checkpointFolder,
  checkpointSettings,
  findCheckpoint,
  makeCheckpointFolder,
  newCheckpointPath,
} from './checkpoint.js'
import { readReportOptions } from './report-options.js'

test.each([
  ['linux', { XDG_STATE_HOME: '/x/state' }, '/x/state/patkit/reports'],
  ['linux', { XDG_STATE_HOME: 'relative' }, '/home/ada/.local/state/patkit/reports'],
  ['linux', {}, '/home/ada/.local/state/patkit/reports'],
  ['darwin', { XDG_STATE_HOME: '' }, '/home/ada/.local/state/patkit/reports'],
  ['win32', { LOCALAPPDATA: '/c/local' }, '/c/local/patkit/reports'],
  ['win32', {}, '/home/ada/AppData/Local/patkit/reports'],
] as const)('checkpointFolder() on %s with %j is %s', (platform, env, folder) => {
  expect(checkpointFolder({ platform, env, homeDirectory: '/home/ada' })).toBe(folder)
})

test('makeCheckpointFolder() makes a folder that nobody else may look into', async () => {
  await using world = await createWorld()
  await mkdir(world.state, { recursive: true, mode: 0o755 })
  await makeCheckpointFolder(world.state)
  expect((await stat(world.state)).mode & 0o777).toBe(0o700)
})

test('checkpointSettings() holds what must not change, under the names of the options, and no secret', () => {
  const settings = readReportOptions({ org: 'x', out: ['a.csv'], expiringWithin: '2w', tokenCommand: 'secret' }, {})
  expect(checkpointSettings(settings, 'https://vssps.dev.azure.com')).toEqual({
    '--base-url': 'https://vssps.dev.azure.com',
    '--status': 'all',
    '--expiring-within': '14d',
    '--columns': 'full',
  })
})

const owner = { organization: 'fabrikam', settings: { '--status': 'all' } }
const sameButExpired = { organization: 'fabrikam', settings: { '--status': 'expired' } }

async function leave(file: string, minutesAgo: number): Promise<string> {
  await writeFile(file, '')
  const time = new Date(Date.now() - minutesAgo * 60_000)
  await utimes(file, time, time)
  return file
}

test('findCheckpoint() finds the newest of this organization and these options', async () => {
  await using world = await createWorld()
  await makeCheckpointFolder(world.state)
  await leave(newCheckpointPath(world.state, owner), 30)
  const newest = await leave(newCheckpointPath(world.state, owner), 20)
  await leave(newCheckpointPath(world.state, sameButExpired), 10)
  await leave(newCheckpointPath(world.state, { ...owner, organization: 'fabrikam-test' }), 5)
  expect(await findCheckpoint(world.state, owner)).toBe(newest)
})

test('findCheckpoint() gives one of other options when there is no other, so that the difference can be named', async () => {
  await using world = await createWorld()
  await makeCheckpointFolder(world.state)
  const other = await leave(newCheckpointPath(world.state, sameButExpired), 10)
  expect(await findCheckpoint(world.state, owner)).toBe(other)
})

test('findCheckpoint() says when there is nothing to go on with', async () => {
  await using world = await createWorld()
  const nothing = { exitCode: 2, message: 'There is no unfinished report of fabrikam to go on with.' }
  await expect(findCheckpoint(world.state, owner)).rejects.toMatchObject(nothing)
  await makeCheckpointFolder(world.state)
  await leave(newCheckpointPath(world.state, { ...owner, organization: 'fabrikam-test' }), 5)
  await expect(findCheckpoint(world.state, owner)).rejects.toMatchObject(nothing)
})

test('newCheckpointPath() takes no notice of upper and lower case, and never gives the same path twice', () => {
  const path1 = newCheckpointPath('/s', { ...owner, organization: 'FabriKam' })
  expect(path.basename(path1)).toMatch(/^fabrikam-[0-9a-f]{8}-[0-9a-f]{8}\.ndjson$/)
  expect(newCheckpointPath('/s', owner)).not.toBe(path1)
})

test('checkCheckpointFile() refuses what is no file', async () => {
  await using world = await createWorld()
  await expect(checkCheckpointFile('missing.ndjson', world.folder)).rejects.toMatchObject({ exitCode: 2 })
  await expect(checkCheckpointFile('.', world.folder)).rejects.toThrow('is no checkpoint file')
  const file = await leave(path.join(world.folder, 'here.ndjson'), 0)
  expect(await checkCheckpointFile('here.ndjson', world.folder)).toBe(file)
})
