import { describe, expect, it } from 'vitest'
import { concurrently } from './concurrently.js'

/** Work that ends when the test says so. */
function manualWork() {
  const open = new Map<
    number,
    { resolve: (value: string) => void; reject: (error: Error) => void; signal: AbortSignal }
  >()
  const begun: number[] = []
  return {
    begun,
    open,
    work: (input: number, signal: AbortSignal) => {
      begun.push(input)
      return new Promise<string>((resolve, reject) => {
        open.set(input, { resolve, reject, signal })
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
      })
    },
    finish: (input: number) => {
      open.get(input)?.resolve(`r${input}`)
      open.delete(input)
    },
  }
}

async function* count(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n++) yield await Promise.resolve(n)
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('concurrently', () => {
  it('works on no more inputs at a time than allowed', async () => {
    const { begun, work, finish } = manualWork()
    const results = concurrently(() => count(5), work, { concurrency: 2, order: 'completion' })
    const first = results.next()
    await settle()
    expect(begun).toEqual([1, 2])
    finish(2)
    expect(await first).toEqual({ done: false, value: 'r2' })
    await settle()
    expect(begun).toEqual([1, 2, 3])
    await results.return()
  })

  it('yields in the order of the inputs when asked for listing order', async () => {
    const { work, finish } = manualWork()
    const results = concurrently(() => count(3), work, { concurrency: 3, order: 'listing' })
    const first = results.next()
    await settle()
    for (const input of [3, 2, 1]) finish(input)
    expect((await first).value).toBe('r1')
    expect((await results.next()).value).toBe('r2')
    expect((await results.next()).value).toBe('r3')
    expect((await results.next()).done).toBe(true)
  })

  it('begins nothing more while a slow consumer leaves results lying', async () => {
    const { begun, work, finish } = manualWork()
    const results = concurrently(() => count(100), work, { concurrency: 2, order: 'listing' })
    const first = results.next()
    for (let n = 1; n <= 50; n++) {
      await settle()
      finish(n)
    }
    await first
    await settle()
    // One result was taken; a window of 4 x 2 lies ready or is under way.
    expect(begun.length).toBeLessThanOrEqual(1 + 8)
    await results.return()
  })

  it('aborts what is under way when the consumer leaves, and takes no further input', async () => {
    const { begun, open, work, finish } = manualWork()
    const results = concurrently(() => count(10), work, { concurrency: 3, order: 'completion' })
    const first = results.next()
    await settle()
    finish(1)
    await first
    await settle()
    await results.return()
    expect([...open.values()].every(({ signal }) => signal.aborted)).toBe(true)
    const before = begun.length
    await settle()
    expect(begun.length).toBe(before)
  })

  it('throws what work throws, and aborts the rest', async () => {
    const { open, work } = manualWork()
    const results = concurrently(() => count(10), work, { concurrency: 2, order: 'listing' })
    const first = results.next()
    await settle()
    open.get(2)?.reject(new Error('no'))
    await expect(first).rejects.toThrow('no')
    expect(open.get(1)?.signal.aborted).toBe(true)
  })

  it('throws what the inputs throw', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield await Promise.resolve(1)
      throw new Error('list broke')
    }
    const results = concurrently(broken, (n) => Promise.resolve(n), { concurrency: 2, order: 'listing' })
    await expect(
      (async () => {
        for await (const _ of results);
      })(),
    ).rejects.toThrow('list broke')
  })

  it('ends with the reason of the signal, also before the first read', async () => {
    const stop = new AbortController()
    const { work } = manualWork()
    const results = concurrently(() => count(3), work, { concurrency: 1, order: 'listing', signal: stop.signal })
    const first = results.next()
    await settle()
    stop.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    const late = concurrently(() => count(3), work, { concurrency: 1, order: 'listing', signal: stop.signal })
    await expect(late.next()).rejects.toThrow('enough')
  })

  it('ends at once on no input', async () => {
    const results = concurrently(
      () => count(0),
      (n) => Promise.resolve(n),
      { concurrency: 4, order: 'completion' },
    )
    expect(await results.next()).toEqual({ done: true, value: undefined })
  })
})
