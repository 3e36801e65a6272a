/**
 * Writes the public surface of each package into `api/NAME.api.md`, from the types that were built. With `--check` nothing is written:
 * a surface that is not the one in the tree ends with exit code 1, so that nobody changes it without seeing it in the diff.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const packages = ['core', 'report', 'express', 'emulator']

/** Compares the surface of a package with its report; says whether they are the same, or were made so. */
function report(name: string, mode: 'write' | 'check'): boolean {
  const folder = path.join(root, 'packages', name)
  const entry = path.join(folder, 'dist', 'index.d.ts')
  if (!existsSync(entry)) throw new Error('The packages are not built: npm run build')
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: path.join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable'],
            module: 'esnext',
            moduleResolution: 'bundler',
            strict: true,
            skipLibCheck: true,
            types: ['node'],
          },
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: path.join(root, 'api'),
        reportTempFolder: path.join(root, 'out', 'api'),
      },
    },
  })
  const result = Extractor.invoke(config, {
    localBuild: mode === 'write',
    // Only whether the surface changed is asked here.
    messageCallback: (message) => (message.handled = true),
  })
  return mode === 'write' || !result.apiReportChanged
}

const mode = process.argv.includes('--check') ? 'check' : 'write'
const changed = packages.filter((name) => !report(name, mode))
for (const name of changed)
  console.error(`api: the surface of ${name} is not that of api/${name}.api.md. If that is meant: npm run api`)
console.log(`api: ${packages.length} packages, ${changed.length} changed`)
if (changed.length > 0) process.exitCode = 1
