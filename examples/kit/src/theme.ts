import { safeReturnTo } from '@patkit/core'
import express, { Router, type Request } from 'express'

/** How pages look: as the device says, unless somebody chose. */
export type Theme = 'auto' | 'light' | 'dark'

export const themes: readonly Theme[] = ['auto', 'light', 'dark']

const cookieName = 'theme'

/** What was chosen in this browser. */
export function themeOf(req: Request): Theme {
  const given = new RegExp(`(?:^|;\\s*)${cookieName}=(\\w+)`).exec(req.headers.cookie ?? '')?.[1]
  return themes.find((theme) => theme === given) ?? 'auto'
}

/** Keeps a choice: `POST /theme` with `theme` and `returnTo`. A form, so that it works without script. */
export function themeRoutes(): Router {
  const router = Router()
  router.post('/theme', express.urlencoded({ extended: false, limit: '8kb' }), (req, res) => {
    const { theme, returnTo } = (req.body ?? {}) as Readonly<Record<string, unknown>>
    const chosen = themes.find((known) => known === theme) ?? 'auto'
    res.cookie(cookieName, chosen, { sameSite: 'lax', httpOnly: true, maxAge: 365 * 86_400_000 })
    res.redirect(303, safeReturnTo(returnTo) ?? '/')
  })
  return router
}
