import { count } from '../wording.js'
import { markup, type Markup } from './markup.js'

/** One bar of a chart. */
export interface Bar {
  readonly name: string
  readonly detail?: string | undefined
  readonly value: number
  readonly tone?: 'warn' | 'bad' | undefined
}

/** A list of horizontal bars: name, bar, number. The text is text, so it can be read at any width and by any reader. */
export function barList(bars: readonly Bar[], classes = ''): Markup {
  const largest = Math.max(1, ...bars.map((bar) => bar.value))
  return markup`<ul class="bars ${classes}">
    ${bars.map((bar) => barItem(bar, largest))}
  </ul> `
}

function barItem({ name, detail, value, tone }: Bar, largest: number): Markup {
  const small = detail === undefined ? null : markup`<small>${detail}</small>`
  // At least a hair, so that a few beside many are not taken for none.
  const width = value === 0 ? 0 : Math.max(0.6, (value / largest) * 100)
  return markup`<li>
    <span class="name">${name}${small}</span>
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="10" />
      <rect class="fill ${tone ?? ''}" width="${width.toFixed(2)}" height="10" />
    </svg>
    <span class="number">${count(value)}</span>
  </li> `
}

const frame = { width: 1_160, height: 230, top: 26, bottom: 44 } as const

/** Upright bars in a row, for values along time. */
export function columnChart(bars: readonly Bar[], description: string): Markup {
  const largest = Math.max(1, ...bars.map((bar) => bar.value))
  const step = frame.width / Math.max(1, bars.length)
  const base = frame.height - frame.bottom
  return markup`<svg
    class="columns wideOnly"
    viewBox="0 0 ${frame.width} ${frame.height}"
    role="img"
    aria-label="${description}"
  >
    <line class="axis" x1="0" x2="${frame.width}" y1="${base}" y2="${base}" />
    ${bars.map((bar, index) => column(bar, { middle: (index + 0.5) * step, width: step * 0.62, base, largest }))}
  </svg> `
}

interface ColumnPlace {
  readonly middle: number
  readonly width: number
  readonly base: number
  readonly largest: number
}

function column({ name, detail, value, tone }: Bar, { middle, width, base, largest }: ColumnPlace): Markup {
  const height = value === 0 ? 0 : Math.max(2, ((base - frame.top) * value) / largest)
  const x = (middle - width / 2).toFixed(1)
  const second = detail === undefined ? null : markup`<text x="${middle.toFixed(1)}" y="${base + 36}">${detail}</text>`
  return markup`<rect
      class="fill ${tone ?? ''}"
      x="${x}"
      y="${(base - height).toFixed(1)}"
      width="${width.toFixed(1)}"
      height="${height.toFixed(1)}"
    />
    <text class="value" x="${middle.toFixed(1)}" y="${(base - height - 8).toFixed(1)}">${count(value)}</text>
    <text x="${middle.toFixed(1)}" y="${base + 19}">${name}</text>
    ${second}`
}
