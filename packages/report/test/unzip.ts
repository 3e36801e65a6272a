import { inflateRawSync } from 'node:zlib'

const centralHeader = 0x02014b50
const endHeader = 0x06054b50

/** Reads the parts of a zip archive (as texts) by its central directory, as a spreadsheet does. */
export function unzip(archive: Buffer): Map<string, string> {
  const end = archive.lastIndexOf(signature(endHeader))
  if (end < 0) throw new Error('not a whole zip archive: its end is missing')
  const parts = new Map<string, string>()
  let position = archive.readUInt32LE(end + 16)
  while (archive.readUInt32LE(position) === centralHeader) {
    const [method, size] = [archive.readUInt16LE(position + 10), archive.readUInt32LE(position + 20)]
    const nameLength = archive.readUInt16LE(position + 28)
    const start = archive.readUInt32LE(position + 42)
    const name = archive.toString('utf8', position + 46, position + 46 + nameLength)
    const data = start + 30 + archive.readUInt16LE(start + 26) + archive.readUInt16LE(start + 28)
    const bytes = archive.subarray(data, data + size)
    parts.set(name, (method === 0 ? bytes : inflateRawSync(bytes)).toString('utf8'))
    position += 46 + nameLength + archive.readUInt16LE(position + 30) + archive.readUInt16LE(position + 32)
  }
  return parts
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
