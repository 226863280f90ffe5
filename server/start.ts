import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.js'
import { closeTimes, readEnvironment } from './environment.js'

/**
 * Under npm these arrive twice, from the terminal or the supervisor and again from npm. The second one must not end the
 * process, as close-with-grace would have it.
 */
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

async function main(): Promise<void> {
  const environment = readEnvironment(process.env)
  const app = await buildApp(environment)
  const delay = closeTimes(environment).close
  const { close } = closeWithGrace({ delay, logger: app.log, skip: [...SIGNALS] }, async ({ err }) => {
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
