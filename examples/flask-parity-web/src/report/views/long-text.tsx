import { beginningOf } from '../words.js'

/** A text of anybody, of any length: whole, and apart from the direction in which its neighbours are written. What is long unfolds. */
export function LongText({ text }: { readonly text: string }) {
  const beginning = beginningOf(text)
  if (beginning === undefined) return <bdi>{text}</bdi>
  return (
    <details>
      <summary>
        <bdi>{beginning}</bdi>
      </summary>
      <bdi>{text}</bdi>
    </details>
  )
}
