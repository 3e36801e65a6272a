import { expect, test } from 'vitest'
import { Capture, Keyboard } from '../test/world.js'
import { ask, canAsk } from './confirm.js'

const never = new AbortController().signal

test('ask() gives the line that was typed, and asks harmlessly', async () => {
  const [stdin, stderr] = [new Keyboard(), new Capture({ isTTY: true })]
  stdin.type(' fabrikam ')
  expect(await ask('Type \u001b[2Jit:', { stdin, stderr }, never)).toBe('fabrikam')
  expect(stderr.text).toBe('Type <U+001B>[2Jit: ')
})

test('ask() gives nothing when the input ends', async () => {
  const [stdin, stderr] = [new Keyboard(), new Capture({ isTTY: true })]
  stdin.end()
  expect(await ask('Type it:', { stdin, stderr }, never)).toBe('')
  expect(stderr.text).toBe('Type it: \n')
})

test('ask() stops waiting when it is interrupted, also before it began', async () => {
  const [stdin, stderr] = [new Keyboard(), new Capture({ isTTY: true })]
  const interrupt = new AbortController()
  const asked = ask('Type it:', { stdin, stderr }, interrupt.signal)
  interrupt.abort(new Error('interrupted'))
  await expect(asked).rejects.toThrow('interrupted')
  await expect(ask('Type it:', { stdin, stderr }, interrupt.signal)).rejects.toThrow('interrupted')
})

test('canAsk() needs somebody at both ends', () => {
  const terminal = { stdin: new Keyboard(), stderr: new Capture({ isTTY: true }) }
  expect(canAsk(terminal)).toBe(true)
  expect(canAsk({ ...terminal, stdin: new Keyboard({ isTTY: false }) })).toBe(false)
  expect(canAsk({ ...terminal, stderr: new Capture() })).toBe(false)
})
