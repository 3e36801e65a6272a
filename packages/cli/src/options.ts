import { usageError } from './command-error.js'
import { didYouMean } from './suggest.js'

/** For options that may be given several times. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

/** Reads one of a few words, and suggests the one that was meant. */
export function oneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  const choice = choices.find((known) => known === value)
  if (choice !== undefined) return choice
  const suggestion = didYouMean(value, choices)
  throw usageError(`${name} ${JSON.stringify(value)} is unknown.`, suggestion ?? `Give one of ${choices.join(', ')}.`)
}

/** Reads a whole number within bounds. */
export function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
  if (value >= least && value <= most) return value
  throw usageError(`${name} ${JSON.stringify(text)} does not fit.`, `Give a whole number from ${least} to ${most}.`)
}

/** Quotes a word for the shell that people of this platform paste into. */
export function shellQuote(word: string, platform: NodeJS.Platform): string {
  if (/^[\w@%+=:,./-]+$/.test(word) && platform !== 'win32') return word
  if (/^[\w@+=:,./\\-]+$/.test(word)) return word
  return platform === 'win32' ? `"${word.replaceAll('"', '\\"')}"` : `'${word.replaceAll("'", `'\\''`)}'`
}
