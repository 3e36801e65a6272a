import { readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/** The options of the tsconfig.json in a folder, as the compiler takes them. */
export function compilerOptionsOf(folder: string): ts.CompilerOptions {
  const read = ts.readConfigFile(path.join(folder, 'tsconfig.json'), (file) => readFileSync(file, 'utf8'))
  return ts.parseJsonConfigFileContent(read.config, ts.sys, folder).options
}
