import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createWorld } from '../test/world.js'
import { lockFile } from './lock.js'

test('lockFile() lets one at a time use a file, and gives it free again', async () => {
  await using world = await createWorld()
  const file = path.join(world.folder, 'a.ndjson')
  const unlock = await lockFile(file)
  await expect(lockFile(file)).rejects.toMatchObject({
    exitCode: 2,
    message: `Another patkit (process ${process.pid}) is working with ${file}.`,
  })
  await unlock()
  await (
    await lockFile(file)
  )()
})

test('lockFile() takes over the lock of a process that is gone', async () => {
  await using world = await createWorld()
  const file = path.join(world.folder, 'a.ndjson')
  const { pid } = spawnSync(process.execPath, ['--version'])
  await writeFile(`${file}.lock`, `${pid} ${hostname()}`)
  await lockFile(file)
  expect(await readFile(`${file}.lock`, 'utf8')).toBe(`${process.pid} ${hostname()}`)
})

test('lockFile() takes over a lock in which nothing is written', async () => {
  await using world = await createWorld()
  const file = path.join(world.folder, 'a.ndjson')
  await writeFile(`${file}.lock`, '')
  await (
    await lockFile(file)
  )()
})

test('lockFile() respects the lock of another machine, of which nothing can be told', async () => {
  await using world = await createWorld()
  const file = path.join(world.folder, 'a.ndjson')
  await writeFile(`${file}.lock`, '1 another-machine')
  await expect(lockFile(file)).rejects.toThrow('Another patkit (process 1)')
})
