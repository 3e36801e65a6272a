import type { Request } from 'express'

/** Nothing of ours is longer. */
const longestForm = 16_384

/** Reads the form of a request into `req.body`, unless somebody did before; what is no form, or too long, stays out of it. */
export async function readForm(req: Request): Promise<void> {
  const isForm = /^application\/x-www-form-urlencoded(?:;|$)/i.test(req.headers['content-type'] ?? '')
  // `req.body` does not tell: parsers of Express 4 leave an empty one behind where they read nothing.
  if (!isForm || req.readableDidRead) return
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length
    // Read to its end all the same: a connection that is closed in the middle shows no page.
    if (length <= longestForm) chunks.push(chunk)
  }
  if (length > longestForm) return
  const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
  req.body = Object.fromEntries(form) as Record<string, string>
}
