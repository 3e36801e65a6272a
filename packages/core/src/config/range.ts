/** Refuses a number option that is no whole number within its bounds; `undefined` means the default. */
export function checkRange(name: string, value: unknown, least: number, most: number): void {
  if (value === undefined) return
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return
  const given = typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value) : typeof value
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${given}.`)
}
