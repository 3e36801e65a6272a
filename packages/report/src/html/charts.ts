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
  return markup`<ul class="bars ${classes}">${bars.map((bar) => barItem(bar, largest))}</ul>\n`
}

function barItem({ name, detail, value, tone }: Bar, largest: number): Markup {
  const small = detail === undefined ? null : markup`<small>${detail}</small>`
  const label = markup`<span class="name">${name}${small}</span>`
  return markup`<li>${label}${barShape(value / largest, tone)}<span class="number">${count(value)}</span></li>\n`
}

function barShape(share: number, tone: Bar['tone']): Markup {
  // At least a hair, so that a few beside many are not taken for none.
  const width = share === 0 ? 0 : Math.max(0.6, share * 100)
  const track = markup`<rect class="track" width="100" height="10"/>`
  const fill = markup`<rect class="fill ${tone ?? ''}" width="${width.toFixed(2)}" height="10"/>`
  return markup`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${track}${fill}</svg>`
}

const frame = { width: 1_160, height: 230, top: 26, bottom: 44 } as const

/** Upright bars in a row, for values along time. */
export function columnChart(bars: readonly Bar[], description: string): Markup {
  const largest = Math.max(1, ...bars.map((bar) => bar.value))
  const step = frame.width / Math.max(1, bars.length)
  const base = frame.height - frame.bottom
  const columns = bars.map((bar, index) =>
    column(bar, { middle: (index + 0.5) * step, width: step * 0.62, base, largest }),
  )
  const axis = markup`<line class="axis" x1="0" x2="${frame.width}" y1="${base}" y2="${base}"/>`
  const box = `0 0 ${frame.width} ${frame.height}`
  return markup`<svg class="columns" viewBox="${box}" role="img" aria-label="${description}">${axis}${columns}</svg>\n`
}

interface ColumnPlace {
  readonly middle: number
  readonly width: number
  readonly base: number
  readonly largest: number
}

function column({ name, detail, value, tone }: Bar, { middle, width, base, largest }: ColumnPlace): Markup {
  const height = value === 0 ? 0 : Math.max(2, ((base - frame.top) * value) / largest)
  const left = (middle - width / 2).toFixed(1)
  const top = (base - height).toFixed(1)
  const size = markup`width="${width.toFixed(1)}" height="${height.toFixed(1)}"`
  return markup`<rect class="fill ${tone ?? ''}" x="${left}" y="${top}" ${size}/>
${chartText(count(value), middle, base - height - 8, 'value')}${chartText(name, middle, base + 19, 'name')}
${detail === undefined ? null : chartText(detail, middle, base + 36, 'name')}`
}

function chartText(text: string, x: number, y: number, name: 'value' | 'name'): Markup {
  return markup`<text class="${name}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${text}</text>`
}
