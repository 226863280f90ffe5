import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.js'
import { readEnvironment } from './environment.js'

/** How long all of the closing may take after Ctrl-C or SIGTERM. Milliseconds. */
const CLOSE_TIMEOUT = 8000

async function main(): Promise<void> {
  const environment = readEnvironment(process.env)
  const app = await buildApp(environment)
  const { close } = closeWithGrace({ delay: CLOSE_TIMEOUT, logger: app.log, skip: ['SIGINT'] }, async ({ err }) => {
    if (err) app.log.error({ err }, 'closing after an error')
    else app.log.info('closing')
    await app.close()
  })
  // Ctrl-C comes twice where npm has started the server, from the terminal and from npm. The second is none of its own.
  process.once('SIGINT', close)
  process.on('SIGINT', () => {})
  const url = await app.listen({ port: environment.PORT, host: environment.HOST })
  app.log.info(`try: curl -N '${url}/stream?prompt=hi', or see ${url}/docs`)
}

main().catch((error: Error) => {
  console.error(`fastify-sse-from cannot start: ${error.message}`)
  process.exit(1)
})
