/** Header names as they go on the wire; an array sends the header several times. */
export type AnswerHeaders = Record<string, string | readonly string[]>

/** An answer that is ready to be sent. */
export interface Answer {
  readonly status: number
  readonly headers: AnswerHeaders
  readonly body: string | Buffer
}

/** Text for a header: any characters, none of them raw. Half a surrogate pair has no encoding and is replaced. */
export const headerText = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD'))
