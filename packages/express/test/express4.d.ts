/** Express 4 has the same types for what is used here. */
declare module 'express4' {
  export { default } from 'express'
}
