import { expect, it } from 'vitest'
import { errorKindsIn } from './error-table.js'

it('errorKindsIn finds codes and meanings, also of a class with several codes', () => {
  const text = `
    /** Why. */
    export type Code = 'A_ONE' | 'A_TWO'
    /** It broke.
     *
     * More of it. */
    export class A extends Error { readonly code: Code }
    /** Not there. */
    export class B extends Base { override readonly code = 'B' }
    export abstract class Base extends Error { abstract readonly code: string }`
  expect(errorKindsIn(text)).toEqual([
    { code: 'A_ONE', name: 'A', meaning: 'It broke.' },
    { code: 'A_TWO', name: 'A', meaning: 'It broke.' },
    { code: 'B', name: 'B', meaning: 'Not there.' },
  ])
})
