/** Takes a time as a caller gives it, and refuses what is none by the name of the option. */
export function checkTime(name: string, value: Date | string): Date {
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) throw new TypeError(`${name} ${JSON.stringify(value)} is not a date.`)
  return date
}
