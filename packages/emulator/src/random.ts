import { createHash } from 'node:crypto'

/**
 * Numbers that depend on nothing but their arguments, so that any part of an organization can be made on its own, in any order.
 * `mix` is the finalizer of MurmurHash3 applied to each argument in turn: fast, and even enough for names and dates.
 */
export function mix(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** A whole number from 0 to `below` - 1. */
export const pick = (below: number, ...parts: readonly number[]): number => mix(...parts) % below

/** One of the items. */
export function choose<T>(items: readonly T[], ...parts: readonly number[]): T {
  const item = items[pick(items.length, ...parts)]
  if (item === undefined) throw new RangeError('there is nothing to choose from')
  return item
}

/** Turns text into a number for `mix`. */
export const numberOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE()

const hex = (value: number, digits: number): string => (value >>> 0).toString(16).padStart(8, '0').slice(-digits)

/** A UUID whose digits all come from the arguments; shaped as version 4. */
export function uuidOf(...parts: readonly number[]): string {
  const [a, b, c, d] = [mix(1, ...parts), mix(2, ...parts), mix(3, ...parts), mix(4, ...parts)]
  return assemble(
    hex(a, 8),
    hex(b, 4),
    `4${hex(b >>> 16, 3)}`,
    `${variant(c)}${hex(c, 3)}`,
    `${hex(c >>> 16, 4)}${hex(d, 8)}`,
  )
}

const variant = (value: number): string => '89ab'.charAt((value >>> 28) & 3)

const assemble = (...groups: readonly string[]): string => groups.join('-')

const halfBits = 24
const halfMask = 0xffffff
const rounds = [0, 1, 2, 3] as const

/** Shuffles 48 bits so that neighbours end far apart, and can be undone: each round changes one half by a function of the other. */
function shuffle(space: number, high: number, low: number): [high: number, low: number] {
  for (const round of rounds) [high, low] = [low, (high ^ mix(space, 11, round, low)) & halfMask]
  return [high, low]
}

function unshuffle(space: number, high: number, low: number): [high: number, low: number] {
  for (const round of rounds.toReversed()) [high, low] = [(low ^ mix(space, 11, round, high)) & halfMask, high]
  return [high, low]
}

/**
 * A UUID that carries two numbers and a check, so that what it names is found without an index of a hundred thousand entries.
 * `index` may be any 32-bit number, `ordinal` any 16-bit one.
 */
export function carryingUuid(space: number, index: number, ordinal: number): string {
  const [high, low] = shuffle(space, index >>> 8, ((index & 0xff) << 16) | ordinal)
  const digits = hex(high, halfBits / 4) + hex(low, halfBits / 4)
  const [check, tail] = [mix(space, 13, index, ordinal), mix(space, 14, index, ordinal)]
  return assemble(
    digits.slice(0, 8),
    digits.slice(8),
    `7${hex(check, 3)}`,
    `${variant(check)}${hex(check >>> 12, 3)}`,
    `${hex(tail, 8)}${hex(check >>> 16, 4)}`,
  )
}

/** The numbers in a UUID of the same space, or `undefined` for a UUID that was not made by {@link carryingUuid}. */
export function carriedBy(space: number, uuid: string): { index: number; ordinal: number } | undefined {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-/.exec(uuid)
  if (match === null) return undefined
  const digits = `${match[1] ?? ''}${match[2] ?? ''}`
  const [high, low] = unshuffle(space, parseInt(digits.slice(0, 6), 16), parseInt(digits.slice(6), 16))
  const [index, ordinal] = [((high << 8) | (low >>> 16)) >>> 0, low & 0xffff]
  return carryingUuid(space, index, ordinal) === uuid ? { index, ordinal } : undefined
}
