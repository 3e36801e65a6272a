import { fileURLToPath } from 'node:url'

/** Path of the style sheet that the example sites share: Pico, and what it has not. */
export const styleSheet = fileURLToPath(new URL('style.css', import.meta.url))
