import { serveAtOnce } from './at-once.js'

serveAtOnce(() => token => `data: ${token}\n\n`)
