import { once } from 'node:events'
import { startApp } from '../../helpers/app-process.js'
import { fetchAll, open } from '../../helpers/client.js'
import { openAiServer } from '../../helpers/openai-server.js'
import { until } from '../../helpers/until.js'
import type { Checks } from '../check.js'

export const deployment: Checks = {
  Closing: async (t, program) => {
    const child = program.spawn(t)
    let log = ''
    child.stdout?.on('data', chunk => {
      log += chunk
    })
    const exit = once(child, 'exit')
    await until('it listens', () => /listening at (http:\/\/[^"]+)"/.test(log))
    const client = open(/listening at (http:\/\/[^"]+)"/.exec(log)?.[1] as string)
    await client.has('Hello')
    child.kill('SIGTERM')
    await client.end()
    t.equal(client.ended, 'clean')
    t.match(client.text(), 'data: Hello\n\ndata:  again\n\nevent: done\n')
    t.strictSame(await exit, [0, null])
  },

  'What the log shows': async (t, program) => {
    const child = program.spawn(t)
    let log = ''
    child.stdout?.on('data', chunk => {
      log += chunk
    })
    await until('it listens', () => /listening at (http:\/\/[^"]+)"/.test(log))
    const url = /listening at (http:\/\/[^"]+)"/.exec(log)?.[1] as string
    t.match((await fetchAll(`${url}/stream?prompt=secret`)).text(), 'data: Hello')
    await until('the request is logged', () => log.includes('request completed'))
    t.match(log, /"req":\{"method":"GET","url":"\/stream","ip":/)
    t.notMatch(log, 'secret')
  },

  'The server that npm start runs': async (t, program) => {
    const [command = ''] = program.commands
    t.ok(command.endsWith(' npm start'))
    const variables = Object.fromEntries(
      command
        .split(' ')
        .slice(0, -2)
        .map(pair => pair.split('='))
    )
    t.strictSame(variables, { OPENAI_BASE_URL: 'http://localhost:11434/v1', OPENAI_MODEL: 'llama3.2' })
    const ollama = await openAiServer(t, call => {
      call.token('Hello')
      call.finish()
    })
    const app = await startApp(t, { ...variables, OPENAI_BASE_URL: ollama.url })
    const client = await fetchAll(`${app.url}/stream?prompt=hi`)
    t.match(client.text(), 'data: Hello\n\n')
    t.match(ollama.calls[0]?.body, { model: 'llama3.2' })
  }
}
