import type { Account } from '@patkit/core'

/** Most pages of one person that listen at the same time: each holds a connection. */
const mostPerPerson = 20

/** Counts the pages of each person that listen. */
export class StreamCount {
  readonly #counts = new Map<string, number>()

  /** Lets a page in and gives its way out; `undefined` when there are too many. */
  enter({ id }: Account): (() => void) | undefined {
    const count = this.#counts.get(id) ?? 0
    if (count >= mostPerPerson) return undefined
    this.#counts.set(id, count + 1)
    return () => {
      const left = (this.#counts.get(id) ?? 1) - 1
      if (left === 0) this.#counts.delete(id)
      else this.#counts.set(id, left)
    }
  }
}
