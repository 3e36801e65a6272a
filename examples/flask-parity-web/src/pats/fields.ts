/** Fields of a form or of an address, by name. */
export interface Fields {
  /** The first of these fields that was given; empty when none was. */
  readonly text: (...names: readonly string[]) => string
  /** Every value of a field. */
  readonly all: (name: string) => readonly string[]
  /** Whether a field has any text in it. */
  readonly has: (name: string) => boolean
}

/** Reads fields that come as text, as several texts, or not at all; whatever else a parser makes of them counts as not given. */
export function fieldsOf(source: unknown): Fields {
  const all = (name: string): readonly string[] => {
    const isOwn = typeof source === 'object' && source !== null && Object.hasOwn(source, name)
    const value: unknown = isOwn ? Reflect.get(source, name) : undefined
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return values.filter((one) => typeof one === 'string')
  }
  return {
    all,
    text: (...names) => names.map((name) => all(name)[0]).find((value) => value !== undefined) ?? '',
    has: (name) => all(name).some((value) => value.trim() !== ''),
  }
}

/** Whether a text has the form of an authorization id. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text)
}
