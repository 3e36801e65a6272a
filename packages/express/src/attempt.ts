import { isPatkitError } from '@patkit/core'
import type { SignInContext } from './context.js'
import { describeError } from './describe-error.js'

/** Does what is no reason to fail: when it does not work out, whoever runs the application hears of it, and everything else goes on. */
export async function attempt<T>({ logger }: SignInContext, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!isPatkitError(error)) throw error
    logger.warn?.(`A sign-in or sign-out was not noted everywhere: ${describeError(error)}`)
    return undefined
  }
}
