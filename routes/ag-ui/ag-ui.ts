import type { FastifyInstance } from 'fastify'
import type { Protocol } from '../../plugin/index.js'
import { type AgUiRun, type AnswerPart, agUi } from '../../plugin/toolkit.js'
import { type ActiveRoutesOptions, addActiveRoutes } from '../active/active-routes.js'
import { readRun } from './input.js'
import { agUiSchemas } from './schemas.js'

/** The options of `agUiRoutes`. */
export interface AgUiRoutesOptions extends ActiveRoutesOptions {}

/**
 * A Fastify plugin with the routes of an agent of AG-UI 1.0:
 *
 * - `POST /agent` runs the agent, as `HttpAgent` of `@ag-ui/client` asks for it.
 * - `GET /agent/:id/stream` follows the run of a thread from its start. It is 204 if none is running.
 * - `DELETE /agent/:id/stream` stops it.
 *
 * Without resumable streams there is only the first. Registers `sseFrom` if the app has not done so.
 *
 * @example
 * ```ts
 * app.register(agUiRoutes, { generate, resumable: { owner: request => request.user.id } })
 * ```
 *
 * @throws FST_SSE_OPTION_INVALID at registration
 */
export async function agUiRoutes(app: FastifyInstance, options: AgUiRoutesOptions): Promise<void> {
  await addActiveRoutes(app, options, {
    path: '/agent',
    idField: 'threadId',
    schemas: agUiSchemas,
    read: readRun,
    idOf: ({ run }) => run.threadId,
    protocolOf: ({ run }) => protocolOf(run),
    followProtocolOf: threadId => protocolOf({ threadId, runId: '' })
  })
}

/** A client asks for the run of a thread without knowing whether there is one. */
function protocolOf(run: AgUiRun): Protocol<AnswerPart> {
  return { ...agUi(run), resumesNothing: true }
}
