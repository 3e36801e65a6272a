export { writeReport, type ReportOptions } from './report.js'
export { reportFormats, type ReportFormat, type ReportTarget } from './targets.js'
export type { ReportFailure, ReportFile, ReportSummary } from './summary.js'
export { toRow, type TokenRow } from './rows.js'
export { fullColumns, sampleColumns, type CellValue, type ColumnSet, type ReportColumn } from './columns.js'
export {
  daysLeft,
  flagsOf,
  statusOf,
  stillWorks,
  type StatusSettings,
  type TokenFlags,
  type TokenStatus,
} from './status.js'
export { fromCsvCell, toCsvLines, type CsvLineOptions, type CsvOptions } from './write-csv.js'
export type { HtmlOptions } from './write-html.js'
export type { Overwrite } from './output.js'
export { ReportError, type ReportErrorCode, type ReportErrorDetails } from './errors.js'
