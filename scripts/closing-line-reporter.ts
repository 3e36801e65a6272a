import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one line that any log reader understands: `12 passed, 0 failed, 1 skipped`. A skipped test is named, so that none is skipped in silence. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const counts = { passed: 0, failed: errors.length, skipped: 0 }
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length > 0) counts.failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') counts.passed++
        else if (state === 'failed') counts.failed++
        else {
          counts.skipped++
          console.log(`SKIPPED: ${module.relativeModuleId} > ${test.fullName}`)
        }
      }
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }
}
