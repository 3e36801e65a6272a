import { describe, expect, it } from 'vitest'
import { linkSignal, onAbort, untilAborted } from './abort.js'

describe('linkSignal', () => {
  it('follows its parent, with the reason', () => {
    const parent = new AbortController()
    const { signal } = linkSignal(parent.signal)
    parent.abort(new Error('enough'))
    expect(signal.reason).toMatchObject({ message: 'enough' })
  })

  it('is aborted from the start when its parent is', () => {
    expect(linkSignal(AbortSignal.abort('gone')).signal.reason).toBe('gone')
  })

  it('can be aborted alone', () => {
    const parent = new AbortController()
    const linked = linkSignal(parent.signal)
    linked.abort('mine')
    expect(linked.signal.aborted).toBe(true)
    expect(parent.signal.aborted).toBe(false)
  })

  it('puts one listener on a parent, however many follow, and takes it off with the last', () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++
      add(...args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--
      remove(...args)
    }
    const linked = Array.from({ length: 10_000 }, () => linkSignal(signal))
    expect(listeners).toBe(1)
    for (const each of linked) each.release()
    expect(listeners).toBe(0)
    linkSignal(signal)
    expect(listeners).toBe(1)
  })

  it('hears nothing more after release', () => {
    const parent = new AbortController()
    const linked = linkSignal(parent.signal)
    linked.release()
    parent.abort()
    expect(linked.signal.aborted).toBe(false)
  })
})

describe('onAbort', () => {
  it('tells everybody, also those that leave while it tells', () => {
    const { signal, abort } = linkSignal()
    const told: string[] = []
    const release = onAbort(signal, () => told.push('first'))
    onAbort(signal, () => {
      told.push('second')
      release()
    })
    abort()
    expect(told).toEqual(['first', 'second'])
  })
})

describe('untilAborted', () => {
  it('gives what the work gives', async () => {
    expect(await untilAborted(Promise.resolve(7), new AbortController().signal)).toBe(7)
  })

  it('does not wait for work that ignores the signal', async () => {
    const stop = new AbortController()
    const waiting = untilAborted(new Promise(() => undefined), stop.signal)
    stop.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })
})
