export { buildAssets, type Assets, type AssetSources } from './assets.js'
export { configurationSite } from './configuration-site.js'
export { listenAddress, tried, valueOf, type Environment } from './environment.js'
export { CsrfField, type Refresh, type Site, type Viewer } from './layout.js'
export { createPages, type Pages, type PageSettings } from './pages.js'
export { ProblemPage } from './problem-page.js'
export { securityHeaders } from './security-headers.js'
export { explainListenError, serve, untilStopped, type RunningSite, type ServeOptions } from './serve.js'
export {
  isDemonstration,
  runSite,
  serveDemonstration,
  serveForTenant,
  type PreparedSite,
  type SiteProgram,
} from './site-program.js'
export { styleSheet } from './style-sheet.js'
export { themeRoutes } from './theme.js'
