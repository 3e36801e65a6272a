/** How a CSV text is cut. */
export interface CsvShape {
  readonly delimiter?: string
  /** What ends a record; LibreOffice writes a line feed where the RFC asks for CRLF. */
  readonly lineEnd?: '\r\n' | '\n'
}

/**
 * Reads CSV by the letter of RFC 4180: fields apart by one delimiter, every record ended, quotes doubled inside quotes. Written for
 * the tests, so that the writer is not judged by its own library; throws on what the RFC does not allow.
 */
export function readCsv(text: string, { delimiter = ',', lineEnd = '\r\n' }: CsvShape = {}): string[][] {
  const records: string[][] = []
  let record: string[] = []
  let position = 0
  while (position < text.length || record.length > 0) {
    const field = text[position] === '"' ? readQuoted(text, position) : readPlain(text, position, delimiter)
    record.push(field.value)
    if (text.startsWith(lineEnd, field.end)) {
      records.push(record)
      record = []
      position = field.end + lineEnd.length
    } else if (text[field.end] === delimiter) {
      position = field.end + 1
    } else {
      throw new Error(`a field is followed by ${JSON.stringify(text.slice(field.end, field.end + 5))} at ${field.end}`)
    }
  }
  return records
}

interface Field {
  readonly value: string
  readonly end: number
}

function readQuoted(text: string, start: number): Field {
  let end = start + 1
  for (;;) {
    end = text.indexOf('"', end)
    if (end < 0) throw new Error(`a quoted field at ${start} does not end`)
    if (text[end + 1] !== '"') return { value: text.slice(start + 1, end).replaceAll('""', '"'), end: end + 1 }
    end += 2
  }
}

function readPlain(text: string, start: number, delimiter: string): Field {
  let end = start
  while (end < text.length && text[end] !== delimiter && text[end] !== '\r' && text[end] !== '\n') {
    if (text[end] === '"') throw new Error(`a quote in an unquoted field at ${end}`)
    end++
  }
  return { value: text.slice(start, end), end }
}
