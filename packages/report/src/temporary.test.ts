import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { manyTokens, now, temporaryFolder } from '../test/samples.js'
import { writeReport } from './report.js'

const program = fileURLToPath(new URL('../test/unfinished-report.ts', import.meta.url))

/** A report in a process of its own, which is open when this resolves. */
async function startReport(file: string): Promise<{ end(): Promise<unknown>; kill(): Promise<unknown> }> {
  const argv = ['--conditions=@patkit/source', '--import', 'tsx', program, file]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([once(child.stdout, 'data'), closed.then(() => Promise.reject(new Error('it ended')))])
  return {
    end: () => {
      child.stdin.end()
      return closed
    },
    kill: () => {
      child.kill('SIGKILL')
      return closed
    },
  }
}

async function write(file: string): Promise<void> {
  await writeReport(manyTokens(1), [file], { now, overwrite: 'replace' })
}

/** What a killed process left beside `pats.csv`, the only file in its folder. */
async function leftoverIn(folder: string): Promise<string> {
  await (await startReport(path.join(folder, 'pats.csv'))).kill()
  const [name, another] = await readdir(folder)
  if (name === undefined || another !== undefined) throw new Error('there is not one file')
  expect(name).toMatch(/^\.patkit-.+\.tmp$/)
  return name
}

describe('writeReport() after a process that was killed', () => {
  it('removes what it left beside the same file, also when that is reached by a link', async () => {
    const folder = await temporaryFolder()
    await leftoverIn(folder)
    await write(path.join(folder, 'pats.csv'))
    expect(await readdir(folder)).toEqual(['pats.csv'])

    const [real, links] = [path.join(folder, 'real'), path.join(folder, 'links')]
    await mkdir(real)
    await mkdir(links)
    await leftoverIn(real)
    await symlink(path.join(real, 'pats.csv'), path.join(links, 'other.csv'))
    await write(path.join(links, 'other.csv'))
    expect(await readdir(real)).toEqual(['pats.csv'])
  })

  it('leaves the file of a living process alone, which is whole in the end', async () => {
    const folder = await temporaryFolder()
    const file = path.join(folder, 'pats.csv')
    const other = await startReport(file)
    const [open = ''] = await readdir(folder)
    await write(file)
    expect((await readdir(folder)).sort()).toEqual([open, 'pats.csv'])
    expect(await other.end()).toEqual([0, null])
    expect(await readdir(folder)).toEqual(['pats.csv'])
  })

  it('leaves alone what belongs to another file, to another machine, or to nobody we know', async () => {
    const folder = await temporaryFolder()
    const name = await leftoverIn(folder)
    await write(path.join(folder, 'other.csv'))
    expect(await readdir(folder)).toContain(name)

    // The place is the second of its parts: a name in which another machine, or a start of this one, is.
    const elsewhere = name.replace(/^(\.patkit-\w+-)\w+/, '$1000000000000')
    const init = name.replace(/-\d+(-\w+\.tmp)$/, '-1$1')
    const foreign = name.replace('.tmp', '.bak')
    await rename(path.join(folder, name), path.join(folder, elsewhere))
    for (const each of [init, foreign]) await writeFile(path.join(folder, each), '')
    await write(path.join(folder, 'pats.csv'))
    expect((await readdir(folder)).sort()).toEqual([elsewhere, foreign, init, 'other.csv', 'pats.csv'].sort())
  })

  it('removes nothing when it refuses to replace a file', async () => {
    const folder = await temporaryFolder()
    const name = await leftoverIn(folder)
    await writeFile(path.join(folder, 'pats.csv'), 'old')
    const pending = writeReport(manyTokens(1), [path.join(folder, 'pats.csv')], { now, overwrite: 'refuse' })
    await expect(pending).rejects.toThrow('exists already')
    expect(await readdir(folder)).toEqual([name, 'pats.csv'])
  })
})
