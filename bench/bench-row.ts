/** One line of the table: what was measured, what was promised, and whether it holds. */
export interface BenchRow {
  readonly name: string
  readonly measured: string
  readonly target: string
  /** `undefined` when it could not be taken here; `detail` says why. */
  readonly passed: boolean | undefined
  readonly detail?: string
}

/** How much to run. */
export interface BenchOptions {
  /** Fewer rows and users; shows that the benchmark runs, proves nothing. */
  readonly quick: boolean
}

/** A group of benchmarks. */
export interface BenchSuite {
  readonly name: string
  run(options: BenchOptions): Promise<BenchRow[]>
}
