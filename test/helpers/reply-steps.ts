import type { FastifyReply } from 'fastify'

/** Something that a handler, or its source, does to its reply. */
export type Step = (reply: FastifyReply) => unknown

/** What a handler does before it sends a stream. */
export const STEPS_BEFORE: Record<string, Step> = {
  header: reply => reply.header('x-own', 'own').header('X-Upper', 7),
  cookies: reply => reply.header('set-cookie', ['a=1', 'b=2']).header('set-cookie', 'c=3'),
  'header without a value': reply => reply.headers({ 'x-undefined': undefined }).header('x-null', null),
  'header with several values': reply => reply.header('x-several', ['a', 'b']),
  'header with a line break': reply => reply.header('x-bad', 'a\r\nb: c'),
  'header with an invalid name': reply => reply.header('x bad', 'a'),
  'header that is not Latin-1': reply => reply.header('x-euro', '€'),
  'header of the response': reply => reply.raw.setHeader('X-Raw', 'Raw').setHeader('X-Own', 'raw'),
  'cookie of the response': reply => reply.raw.setHeader('Set-Cookie', ['raw=1']),
  'content type of the response': reply => reply.raw.setHeader('Content-Type', 'text/plain'),
  'content type': reply => reply.type('application/x-own'),
  length: reply => reply.header('content-length', 9),
  'cache control': reply => reply.header('cache-control', 'private').header('vary', 'origin'),
  'connection: close': reply => reply.header('connection', 'close'),
  'no date': reply => Object.assign(reply.raw, { sendDate: false }),
  'no chunks': reply => Object.assign(reply.raw, { useChunkedEncodingByDefault: false }),
  'status message': reply => Object.assign(reply.raw, { statusMessage: 'Fine' }),
  ...Object.fromEntries([103, 201, 204, 205, 304, 500].map(status => [status, (reply => reply.code(status)) as Step])),
  'early hints': reply => reply.raw.writeEarlyHints({ link: '</a>; rel=preload' }),
  'no trailer': reply => reply.trailer('x-trailer', async () => 'value').removeTrailer('x-trailer'),
  serializer: reply => reply.serializer(() => 'serialized'),
  'head of the response': reply => reply.raw.writeHead(202, { 'x-written': '1' }),
  'body of the response': reply => reply.raw.write('own\n'),
  ...wrapResponse()
}

/** What a handler does after it has sent a stream, or a source before its first event. */
export const STEPS_AFTER: Record<string, Step> = {
  'header of the response': reply => reply.raw.setHeader('X-Own', 'after').setHeader('X-After', '1'),
  'content type of the response': reply => reply.raw.setHeader('Content-Type', 'text/after'),
  'no header of the response': reply => reply.raw.removeHeader('incremental'),
  'cookie of the response': reply => reply.raw.appendHeader('set-cookie', 'z=26'),
  header: reply => reply.header('x-late', '1').header('set-cookie', 'late=1'),
  'no header': reply => reply.removeHeader('incremental'),
  ...Object.fromEntries([203, 204, 304].map(status => [status, (reply => reply.code(status)) as Step])),
  'status of the response': reply => Object.assign(reply.raw, { statusCode: 206 }),
  'head of the response': reply => reply.raw.writeHead(202, { 'x-written': '1' }),
  'head without headers': reply => reply.raw.writeHead(202),
  flush: reply => reply.raw.flushHeaders(),
  'body of the response': reply => reply.raw.write('own\n'),
  'end of the response': reply => reply.raw.end('own'),
  'write after the end': reply => reply.raw.end('own').write('more', () => {}),
  'no response': reply => reply.raw.destroy(),
  'no connection': reply => reply.request.raw.socket.destroy(),
  answer: reply => reply.send('other'),
  'answer with another status': reply => reply.code(400).send('other'),
  'answer with an error': reply => reply.send(new Error('sent')),
  'second stream': reply => reply.sseFrom(['second']),
  'not found': reply => reply.callNotFound(),
  redirect: reply => reply.redirect('/elsewhere'),
  throw: () => {
    throw Object.assign(new Error('thrown'), { statusCode: 418 })
  },
  'another send': wrapSend,
  ...wrapResponse()
}

function wrapSend(reply: FastifyReply): void {
  const { send } = reply
  reply.send = function (this: FastifyReply, ...args: [unknown?]) {
    this.log.info('another send')
    return send.apply(this, args)
  }
}

/** As middleware does that works on the head or on the body. */
function wrapResponse(): Record<string, Step> {
  return {
    'writeHead that sees and changes the headers': ({ raw }) => {
      const { writeHead } = raw
      raw.writeHead = function (this: typeof raw, ...args: unknown[]) {
        this.setHeader('X-Seen', this.getHeaderNames().join(' '))
        this.removeHeader('incremental')
        return Reflect.apply(writeHead, this, args)
      }
    },
    'writeHead that takes a status alone': ({ raw }) => {
      const { writeHead } = raw
      raw.writeHead = function (this: typeof raw, status: number) {
        return Reflect.apply(writeHead, this, [status])
      }
    },
    'write that sees the headers': ({ raw }) => {
      const { write } = raw
      raw.write = function (this: typeof raw, ...args: unknown[]) {
        if (!this.headersSent) this.setHeader('x-type', String(this.getHeader('content-type')))
        return Reflect.apply(write, this, args)
      }
    },
    'end that sees the headers': ({ raw }) => {
      const { end } = raw
      raw.end = function (this: typeof raw, ...args: unknown[]) {
        if (!this.headersSent) this.setHeader('x-type', String(this.getHeader('content-type')))
        return Reflect.apply(end, this, args)
      }
    }
  }
}
