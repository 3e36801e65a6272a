/** Characters that make the text after them run the other way, so that `exe.nimda` reads as `admin.exe`. */
const bidiControls = /[\u202A-\u202E\u2066-\u2069]/g

/** Makes characters that reverse the reading direction visible (`[U+202E]`), so that a token cannot look like another. */
export function showBidi(text: string): string {
  return text.replace(bidiControls, (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase()}]`)
}

// eslint-disable-next-line no-control-regex -- these are what XML forbids
const xmlForbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g

/** Leaves out what XML 1.0 cannot hold, and puts U+FFFD in the place of half a character. One such character empties a whole sheet. */
export function xmlText(text: string): string {
  return text.replace(xmlForbidden, '').replace(loneSurrogate, '\uFFFD')
}

/** Escapes text for XML content and for attributes in double quotes. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"]/g, (character) => markup[character] ?? character)
}

const markup: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** The most characters Excel accepts in one cell (UTF-16 units). */
export const mostCellCharacters = 32_767

const cutMark = '… [cut]'

/** Cuts a text that Excel would call damaged, and says so at its end. Never cuts a character in half. */
export function cutToCell(text: string): string {
  if (text.length <= mostCellCharacters) return text
  const kept = text.slice(0, mostCellCharacters - cutMark.length)
  return `${kept.replace(/[\uD800-\uDBFF]$/, '')}${cutMark}`
}

const firstSerialMs = Date.UTC(1900, 2, 1)
const endOfSerialsMs = Date.UTC(10_000, 0, 1)
const unixEpochSerial = 25_569
const secondsPerDay = 86_400

/**
 * The number by which Excel knows a time, in UTC and rounded to seconds; `null` for a time it cannot hold.
 *
 * Before March 1900 Excel counts a day that never was; after 9999 it counts nothing.
 */
export function excelSerial(date: Date): number | null {
  const ms = date.getTime()
  if (!(ms >= firstSerialMs && ms < endOfSerialsMs)) return null
  // Rounding up must not leave the last day Excel has.
  const seconds = Math.min(Math.round(ms / 1_000), endOfSerialsMs / 1_000 - 1)
  return seconds / secondsPerDay + unixEpochSerial
}

/** ISO 8601 in UTC; a time without a fraction has none in the text either. */
export function isoTime(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z')
}
