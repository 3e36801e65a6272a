import { describe, expect, it } from 'vitest'
import { systemClock } from './clock.js'

describe('systemClock', () => {
  it('sleep() ends by itself', async () => {
    await expect(systemClock.sleep(1, new AbortController().signal)).resolves.toBeUndefined()
    await expect(systemClock.sleep(-5)).resolves.toBeUndefined()
  })

  it('sleep() rejects with the reason of the signal, also of one that was aborted before', async () => {
    const stop = new AbortController()
    const sleeping = systemClock.sleep(3_600_000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await expect(systemClock.sleep(3_600_000, stop.signal)).rejects.toThrow('enough')
  })

  it('timer() fires unless it is called off', async () => {
    const fired: string[] = []
    const callOff = systemClock.timer(1, () => fired.push('first'))
    systemClock.timer(1, () => fired.push('second'))
    callOff()
    await systemClock.sleep(5)
    expect(fired).toEqual(['second'])
  })
})
