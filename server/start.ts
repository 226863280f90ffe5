import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.js'
import { readEnvironment } from './environment.js'

/** How long all of the closing may take after Ctrl-C or SIGTERM. Milliseconds. */
const CLOSE_TIMEOUT = 8000

/** These come twice where npm has started the server, from the terminal or the supervisor and from npm, and mean the same. */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

async function main(): Promise<void> {
  const environment = readEnvironment(process.env)
  const app = await buildApp(environment)
  const { close } = closeWithGrace({ delay: CLOSE_TIMEOUT, logger: app.log, skip: [...SIGNALS] }, async ({ err }) => {
    if (err) app.log.error({ err }, 'closing after an error')
    else app.log.info('closing')
    await app.close()
  })
  let closing = false
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (!closing) close()
      closing = true
    })
  }
  const url = await app.listen({ port: environment.PORT, host: environment.HOST })
  app.log.info(`open ${url} in a browser, or try: curl -N '${url}/stream?prompt=hi'`)
}

main().catch((error: Error) => {
  console.error(`fastify-sse-from cannot start: ${error.message}`)
  process.exit(1)
})
