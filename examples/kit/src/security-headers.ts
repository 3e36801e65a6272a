import type { RequestHandler } from 'express'
import helmet from 'helmet'

/** What pages of the site may do: use what it serves itself, and send forms to it. Nothing inline, nothing from elsewhere. */
export function securityHeaders(origin: string): RequestHandler {
  const isHttps = origin.startsWith('https:')
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        // The icons of Pico are in its style sheet.
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isHttps,
    xFrameOptions: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
  })
}
