import { mix, numberOf } from '../random.js'
import { badArgument } from './errors.js'

// These bytes read `++//` in base64: a client that encodes the token never, or twice, sends something else back.
const mark = [0xfb, 0xef, 0xff]

const check = (offset: number, filters: string): number => mix(77, offset, numberOf(filters))

/** An opaque token for what begins at an offset of a list, good only with the same filters. */
export function continuationAt(offset: number, filters: string): string {
  const bytes = Buffer.alloc(11)
  bytes.set(mark)
  bytes.writeUInt32BE(offset, 3)
  bytes.writeUInt32BE(check(offset, filters), 7)
  return bytes.toString('base64')
}

/** The offset in a token; 0 without one. */
export function offsetOf(token: string | undefined, filters: string): number {
  if (token === undefined) return 0
  const bytes = Buffer.from(token, 'base64')
  const isWhole = bytes.length === 11 && bytes.toString('base64') === token
  const offset = isWhole ? bytes.readUInt32BE(3) : 0
  if (!isWhole || bytes.readUInt32BE(7) !== check(offset, filters)) {
    throw badArgument('continuationToken', 'it is not one that this list gave out, or the filters have changed.')
  }
  return offset
}
