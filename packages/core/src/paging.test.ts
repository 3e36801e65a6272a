import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PaginationLoopError } from './errors.js'
import { paged, type ReadPage } from './paging.js'

/** A list whose pages are given; the page after token `tN` is number N. Counts what is read. */
function listOf(pages: readonly { items: readonly string[]; next: string | null | undefined }[]) {
  const asked: (string | undefined)[] = []
  const readPage: ReadPage<string> = ({ continuationToken }) => {
    asked.push(continuationToken)
    const page = pages[continuationToken === undefined ? 0 : Number(continuationToken.slice(1))]
    if (page === undefined) throw new Error(`no page for ${String(continuationToken)}`)
    return Promise.resolve({ items: page.items, continuationToken: page.next })
  }
  return { asked, list: paged({ readPage, keyOf: (item) => item }) }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('paged', () => {
  it('R12: sends nothing before the first read', async () => {
    const { asked, list } = listOf([{ items: ['a'], next: undefined }])
    const pages = list.byPage()
    expect(asked).toEqual([])
    await collect(pages)
    expect(asked).toEqual([undefined])
  })

  it('fault 39: R12: goes on after an empty page that carries a token', async () => {
    const { list } = listOf([
      { items: ['a'], next: 't1' },
      { items: [], next: 't2' },
      { items: ['b'], next: undefined },
    ])
    expect(await collect(list)).toEqual(['a', 'b'])
  })

  it.each([undefined, null, '', '00000000-0000-0000-0000-000000000000'])('R12: takes %j for the end', async (next) => {
    const { asked, list } = listOf([{ items: ['a'], next }])
    expect(await collect(list)).toEqual(['a'])
    expect(asked).toHaveLength(1)
  })

  it('fault 40: R12: stops at the same token given twice in a row', async () => {
    const { asked, list } = listOf([
      { items: ['a'], next: 't1' },
      { items: ['b'], next: 't1' },
    ])
    await expect(collect(list)).rejects.toThrow(PaginationLoopError)
    expect(asked).toHaveLength(2)
  })

  it('fault 41: R12: stops at a cycle', async () => {
    const { asked, list } = listOf([
      { items: ['a'], next: 't1' },
      { items: ['b'], next: 't2' },
      { items: ['c'], next: 't1' },
    ])
    await expect(collect(list)).rejects.toThrow(PaginationLoopError)
    expect(asked).toHaveLength(3)
  })

  it('leaves out an item that comes again on a later page', async () => {
    const { list } = listOf([
      { items: ['a', 'b'], next: 't1' },
      { items: ['b', 'c'], next: undefined },
    ])
    expect(await collect(list)).toEqual(['a', 'b', 'c'])
    expect(await collect(list)).toEqual(['a', 'b', 'c'])
  })

  it('reads no further page after break', async () => {
    const { asked, list } = listOf([
      { items: ['a', 'b'], next: 't1' },
      { items: ['c'], next: undefined },
    ])
    for await (const item of list) if (item === 'b') break
    expect(asked).toHaveLength(1)
  })

  it('R9: return() stops a page that is being read', async () => {
    let reason: unknown
    const list = paged<string>({
      keyOf: (item) => item,
      readPage: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason as Error)
          })
        }),
    })
    const items = list[Symbol.asyncIterator]()
    const next = items.next()
    const stopped = items.return?.()
    await expect(next).rejects.toMatchObject({ name: 'AbortError' })
    await expect(stopped).resolves.toMatchObject({ done: true })
    expect(reason).toBeDefined()
  })

  it('byPage() gives the token that continues, and takes it back', async () => {
    const { asked, list } = listOf([
      { items: ['a'], next: 't1' },
      { items: ['b'], next: undefined },
    ])
    const pages = await collect(list.byPage())
    expect(pages).toEqual([
      { items: ['a'], continuationToken: 't1' },
      { items: ['b'], continuationToken: undefined },
    ])
    expect(await collect(list.byPage({ continuationToken: 't1' }))).toEqual([
      { items: ['b'], continuationToken: undefined },
    ])
    expect(asked).toEqual([undefined, 't1', 't1'])
  })

  it('gives every item once, however the service cuts the pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.uuid(), { maxLength: 4 }), { minLength: 1, maxLength: 12 }),
        async (pages) => {
          const { list } = listOf(pages.map((items, n) => ({ items, next: n + 1 < pages.length ? `t${n + 1}` : '' })))
          expect(await collect(list)).toEqual([...new Set(pages.flat())])
        },
      ),
    )
  })

  it('ends after any wiring of tokens: by the end of the list or by PaginationLoopError', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(7), { minLength: 8, maxLength: 8 }), async (wiring) => {
        const { asked, list } = listOf(wiring.map((to, n) => ({ items: [`i${n}`], next: to === 0 ? '' : `t${to}` })))
        await collect(list).catch((error: unknown) => expect(error).toBeInstanceOf(PaginationLoopError))
        expect(asked.length).toBeLessThanOrEqual(wiring.length + 1)
      }),
    )
  })
})
