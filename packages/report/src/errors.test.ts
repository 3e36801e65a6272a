import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { cannotWrite, cannotWriteStream, ReportError } from './errors.js'

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something, open 'pats.xlsx'`), { code })
}

describe('ReportError', () => {
  it.each([
    ['EACCES', 'PATKIT_REPORT_NOT_WRITABLE', 'permission denied'],
    ['EROFS', 'PATKIT_REPORT_NOT_WRITABLE', 'permission denied'],
    ['EBUSY', 'PATKIT_REPORT_NOT_WRITABLE', 'it is locked or protected'],
    ['EPERM', 'PATKIT_REPORT_NOT_WRITABLE', 'it is locked or protected'],
    ['ENOSPC', 'PATKIT_REPORT_NO_SPACE', 'no space left on the device'],
    ['EDQUOT', 'PATKIT_REPORT_NO_SPACE', 'the disk quota is used up'],
    ['EFBIG', 'PATKIT_REPORT_NO_SPACE', 'the file is too large for its file system'],
    ['EIO', 'PATKIT_REPORT_NOT_WRITABLE', 'EIO'],
  ])('fault 61: says of %s what it means for the file', (systemCode, code, because) => {
    const error = cannotWrite('out/pats.xlsx', systemError(systemCode))
    expect(error).toMatchObject({
      code,
      systemCode,
      file: 'out/pats.xlsx',
      message: `Cannot write out/pats.xlsx: ${because}.`,
    })
  })

  it('names no file for a stream, and quotes one line of an error without a code', () => {
    const error = cannotWriteStream(new Error('the client went away.\nand more'))
    expect(error.file).toBeUndefined()
    expect(error.message).toBe('Cannot write the stream: the client went away.')
  })

  it('is handed on as it is when it was translated before', () => {
    const error = cannotWrite('a.csv', systemError('ENOSPC'))
    expect(cannotWrite('b.csv', error)).toBe(error)
  })

  it('prints its code and hint, and nothing that holds a stream or a buffer', () => {
    const printed = inspect(cannotWrite('a.csv', systemError('ENOSPC')), { depth: 10, showHidden: true })
    expect(printed).toContain('PATKIT_REPORT_NO_SPACE')
    expect(printed).not.toMatch(/Writable|Buffer|FileHandle/)
    expect(new ReportError('x', { code: 'PATKIT_REPORT_EXISTS' }).hint).toBeUndefined()
  })
})
