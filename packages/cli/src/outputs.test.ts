import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { Capture, createWorld } from '../test/world.js'
import { checkOutputs } from './outputs.js'
import type { OutputRequest } from './report-options.js'

function file(name: string): OutputRequest {
  return { kind: 'file', path: name, format: 'csv' }
}

async function inFolder(
  work: (folder: string, check: (names: string[], force?: boolean) => Promise<void>) => Promise<void>,
): Promise<void> {
  await using world = await createWorld()
  const surroundings = { cwd: world.folder, stdout: world.stdout }
  await work(world.folder, (names, force = false) => checkOutputs(names.map(file), { ...surroundings, force }))
}

test('checkOutputs() accepts new files, in other folders too, and leaves nothing behind', () =>
  inFolder(async (folder, check) => {
    await mkdir(path.join(folder, 'sub'))
    await check(['a.csv', 'sub/a.csv', path.join(folder, 'b.csv')])
    expect(await readdir(folder, { recursive: true })).toEqual(['sub'])
  }))

test('checkOutputs() refuses a missing folder, a file in the place of a folder, and a folder in the place of a file', () =>
  inFolder(async (folder, check) => {
    await writeFile(path.join(folder, 'plain'), '')
    await mkdir(path.join(folder, 'is-a-folder.csv'))
    await expect(check(['missing/a.csv'])).rejects.toThrow('does not exist')
    await expect(check(['plain/a.csv'])).rejects.toThrow('is not a folder')
    await expect(check(['plain/deeper/a.csv'])).rejects.toThrow('is a file, not a folder')
    await expect(check(['is-a-folder.csv'], true)).rejects.toThrow('is a folder')
  }))

test('checkOutputs() refuses a file that exists, also behind a link, unless it may be replaced', () =>
  inFolder(async (folder, check) => {
    await writeFile(path.join(folder, 'old.csv'), 'old')
    await symlink('old.csv', path.join(folder, 'link.csv'))
    await symlink('nowhere.csv', path.join(folder, 'dangling.csv'))
    for (const name of ['old.csv', 'link.csv', 'dangling.csv']) {
      await expect(check([name])).rejects.toMatchObject({
        exitCode: 2,
        hint: expect.stringContaining('--force') as string,
      })
      await check([name], true)
    }
  }))

test('checkOutputs() refuses the same file twice, under whatever names', () =>
  inFolder(async (folder, check) => {
    await mkdir(path.join(folder, 'sub'))
    await symlink('sub', path.join(folder, 'also-sub'))
    await writeFile(path.join(folder, 'old.csv'), '')
    await symlink('old.csv', path.join(folder, 'link.csv'))
    await expect(check(['a.csv', './a.csv'])).rejects.toThrow('twice')
    await expect(check(['a.csv', path.join(folder, 'a.csv')])).rejects.toThrow('twice')
    await expect(check(['sub/a.csv', 'also-sub/a.csv'])).rejects.toThrow('twice, also as "sub/a.csv"')
    await expect(check(['old.csv', 'link.csv'], true)).rejects.toThrow('twice')
  }))

test('checkOutputs() refuses a folder that cannot be written in', () =>
  inFolder(async (folder, check) => {
    // The superuser may write anywhere but in the kernel's own folders.
    const closed = process.getuid?.() === 0 ? '/proc' : path.join(folder, 'closed')
    if (closed !== '/proc') await mkdir(closed).then(() => chmod(closed, 0o500))
    await expect(check([path.join(closed, 'a.csv')])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/^Cannot write in the folder .*\(E[A-Z]+\)/) as string,
    })
  }))

test('checkOutputs() writes no workbook to a terminal', async () => {
  const workbook: OutputRequest = { kind: 'stdout', format: 'xlsx' }
  const to = (stdout: Capture): Promise<void> => checkOutputs([workbook], { cwd: '/', stdout, force: false })
  await expect(to(new Capture({ isTTY: true }))).rejects.toThrow('no text for a terminal')
  await to(new Capture())
})
