import { Agent, createServer, request } from 'node:http'
import { pipeline } from 'node:stream'
import { host } from './host.js'

/** The least that a gateway in Node can do: it hands on the bytes, and understands neither request nor answer. */
const agent = new Agent({ keepAlive: true })

const server = createServer((asked, response) => {
  const { method, headers } = asked
  const upstream = request(`${process.env.UPSTREAM}/chat/completions`, { agent, method, headers }, answer => {
    response.writeHead(answer.statusCode as number, { 'content-type': answer.headers['content-type'] })
    pipeline(answer, response, () => {})
  })
  pipeline(asked, upstream, () => {})
})

host(server)
