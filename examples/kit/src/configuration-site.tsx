import type { ConfigurationError } from '@patkit/core'
import express, { type Express } from 'express'
import type { Assets } from './assets.js'
import type { Site } from './layout.js'
import { createPages } from './pages.js'
import { securityHeaders } from './security-headers.js'
import { themeRoutes } from './theme.js'

/** Stands in for a site that is not set up: every page names what is missing, so that nobody has to read a log. */
export function configurationSite(site: Site, assets: Assets, { faults }: ConfigurationError): Express {
  const app = express()
  const pages = createPages(site, assets)
  app.disable('x-powered-by')
  app.use(securityHeaders('http://localhost'), assets.routes, themeRoutes())
  app.use((req, res) => {
    res.set('Cache-Control', 'no-store')
    pages.send(req, res, {
      status: 503,
      title: 'Not set up yet',
      body: (
        <section>
          <h1>Not set up yet</h1>
          <p>
            This application needs settings that it did not find. Set these environment variables and start it again:
          </p>
          <dl>
            {faults.map(({ field, problem, fix }) => (
              <div key={field}>
                <dt>
                  <code>{field}</code>
                </dt>
                <dd>
                  {problem} {fix}
                </dd>
              </div>
            ))}
          </dl>
          <p>Without any settings it runs as a demonstration that needs no account.</p>
        </section>
      ),
    })
  })
  return app
}
