import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { uiMessages } from '../../plugin/toolkit.js'
import { type ActiveRoutesOptions, addActiveRoutes } from '../active/active-routes.js'
import { readChat } from './input.js'
import { chatSchemas } from './schemas.js'

/** The options of `chatRoutes`. */
export interface ChatRoutesOptions extends ActiveRoutesOptions {}

/**
 * A Fastify plugin with the routes that `useChat` of the AI SDK asks for:
 *
 * - `POST /api/chat` answers a chat.
 * - `GET /api/chat/:id/stream` follows the running answer of a chat from its start, as `useChat({ resume: true })` does
 *   when its page is loaded. It is 204 if there is none.
 * - `DELETE /api/chat/:id/stream` stops it.
 *
 * Without resumable streams there is only the first. Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(chatRoutes, { generate, resumable: { owner: request => request.user.id } })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function chatRoutes(app: FastifyInstance, options: ChatRoutesOptions): Promise<void> {
  await addActiveRoutes(app, options, {
    path: '/api/chat',
    idField: 'id',
    schemas: chatSchemas,
    read: readChat,
    idOf: ({ chat }) => chat,
    // An answer that goes on with a message has the id of that message.
    protocolOf: ({ isContinued }) => uiMessages({ messageId: isContinued ? undefined : `msg_${randomUUID()}` }),
    followProtocolOf: () => uiMessages()
  })
}
