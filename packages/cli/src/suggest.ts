/** How many letters must be changed, added, left out or swapped with a neighbour to turn one word into the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const next = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      next[column] = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      )
    }
    beforeLast = last
    last = next
  }
  return last[to.length] ?? 0
}

/** The candidate that was most likely meant, or `undefined` when none is near. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase()
  const best = candidates
    .map((candidate) => ({ candidate, distance: distance(typed, candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  if (best === undefined) return undefined
  const tolerated = Math.min(3, Math.floor(Math.max(typed.length, best.candidate.length) * 0.4))
  return best.distance <= tolerated ? best.candidate : undefined
}

/** `Did you mean expired?`, or `undefined` when nothing comes near. */
export function didYouMean(word: string, candidates: readonly string[]): string | undefined {
  const meant = closest(word, candidates)
  return meant === undefined ? undefined : `Did you mean ${meant}?`
}
