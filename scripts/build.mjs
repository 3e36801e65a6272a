// Builds every package in the order in which they need each other's types, several at a time where they do not.
import { spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'

const steps = [['core', 'emulator'], ['report', 'express'], ['cli']]

async function build(name) {
  await rm(new URL(`../packages/${name}/dist`, import.meta.url), { recursive: true, force: true })
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['run', 'build', '--silent', '--workspace', `@patkit/${name}`], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`building ${name} failed`))))
  })
}

try {
  for (const step of steps) await Promise.all(step.map(build))
} catch (error) {
  console.error(`build: ${error.message}`)
  process.exitCode = 1
}
