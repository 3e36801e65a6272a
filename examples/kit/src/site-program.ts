import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ConfigurationError } from '@patkit/core'
import type { Emulator } from '@patkit/emulator'
import type { Express } from 'express'
import type { Assets } from './assets.js'
import { configurationSite } from './configuration-site.js'
import { listenAddress, valueOf, type Environment } from './environment.js'
import type { Site } from './layout.js'
import { explainListenError, serve, untilStopped, type RunningSite, type ServeOptions } from './serve.js'

/** A site that is ready to be served. */
export interface PreparedSite extends ServeOptions {
  readonly express: Express
  close(): Promise<void>
}

/** A site as a program: for the tenant that the environment names, or as a demonstration when it names none. */
export interface SiteProgram {
  readonly site: Site
  /** Port unless `PORT` says another. */
  readonly port: number
  /** Variables any of which says that a real tenant is meant. */
  readonly tenantVariables: readonly string[]
  buildAssets(): Promise<Assets>
  /** @throws {@link ConfigurationError} Naming every variable that is missing or wrong. */
  forTenant(env: Environment, assets: Assets): PreparedSite
  /** @param folder - Goes away with the demonstration. */
  forEmulator(emulator: Emulator, env: Environment, assets: Assets, folder: string): PreparedSite
  startEmulator(): Promise<Emulator>
}

/** Serves the site for the tenant that the environment names; where something is missing there, a page that says what. */
export async function serveForTenant(program: SiteProgram, env: Environment): Promise<RunningSite> {
  const assets = await program.buildAssets()
  const prepared = prepare(program, env, assets)
  const running = await serve(prepared.express, prepared)
  return closingBoth(running, () => prepared.close())
}

function prepare(program: SiteProgram, env: Environment, assets: Assets): PreparedSite {
  try {
    return program.forTenant(env, assets)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    console.error(error.message)
    const express = configurationSite(program.site, assets, error)
    return { express, ...listenAddress(env, program.port), close: () => Promise.resolve() }
  }
}

/** Serves the site for an emulator. What it kept is gone when it ends. */
export async function serveDemonstration(
  program: SiteProgram,
  emulator: Emulator,
  env: Environment,
): Promise<RunningSite> {
  const folder = await mkdtemp(path.join(tmpdir(), 'patkit-demonstration-'))
  const prepared = program.forEmulator(emulator, env, await program.buildAssets(), folder)
  const running = await serve(prepared.express, prepared)
  return closingBoth(running, async () => {
    await prepared.close()
    await rm(folder, { recursive: true, force: true })
  })
}

/** Whether nothing was set up, so that the site runs as a demonstration. */
export function isDemonstration({ tenantVariables }: SiteProgram, env: Environment): boolean {
  return tenantVariables.every((name) => valueOf(env, name) === undefined)
}

/** `npm start`: serves the site until somebody ends it. Sets the exit code when it cannot be served. */
export async function runSite(program: SiteProgram, env: Environment): Promise<void> {
  let emulator: Emulator | undefined
  try {
    emulator = isDemonstration(program, env) ? await program.startEmulator() : undefined
    const running =
      emulator === undefined ? await serveForTenant(program, env) : await serveDemonstration(program, emulator, env)
    console.log(`${program.site.name}: http://localhost:${running.port}  (Ctrl-C ends it)`)
    await untilStopped()
    await running.close()
  } catch (error) {
    console.error(explainListenError(error, listenAddress(env, program.port)))
    process.exitCode = 1
  } finally {
    await emulator?.close()
  }
}

function closingBoth(running: RunningSite, after: () => Promise<void>): RunningSite {
  return {
    port: running.port,
    close: async () => {
      await running.close()
      await after()
    },
  }
}
