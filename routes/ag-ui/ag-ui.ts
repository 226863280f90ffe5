import type { FastifyInstance } from 'fastify'
import type { Protocol, ResumableOptions } from '../../plugin/index.js'
import { type AgUiRun, type AnswerPart, agUi, ensurePlugin, resumableOptions } from '../../plugin/toolkit.js'
import { type ActiveStreams, checkActiveStreams, LocalStreams } from '../active/active-streams.js'
import { addActiveStream, answerActively } from '../active/answers.js'
import { checkIdInUrl, maxIdLength } from '../active/id-in-url.js'
import { checkOnFinish, type FinishOptions } from '../finish.js'
import { checkAccepted, checkGenerate, type GenerateOptions } from '../generate.js'
import { type InputLimits, inputLimits } from '../limits.js'
import { checkReads, routeSettings } from '../route-settings.js'
import { type RunRequest, readRun } from './input.js'
import { agUiSchemas } from './schemas.js'

/** The options of `agUiRoutes`. */
export interface AgUiRoutesOptions extends InputLimits, GenerateOptions, FinishOptions {
  /**
   * Whether a client that is loaded again gets the run that it has lost. An object also says who owns a run (`owner`),
   * and what happens to one whose clients have all left (`onDisconnect`). Default: `true`, with the plugin's options.
   */
  resumable?: boolean | Omit<ResumableOptions, 'id'> | undefined
  /** Knows which stream is the run of a thread. Default: a map in the memory of this server. */
  activeStreams?: ActiveStreams | undefined
}

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
export async function agUiRoutes(
  app: FastifyInstance,
  { generate, providerKey, onFinish, resumable = true, activeStreams = new LocalStreams(), ...rest }: AgUiRoutesOptions
): Promise<void> {
  checkGenerate({ generate, providerKey })
  checkOnFinish(onFinish)
  checkActiveStreams(activeStreams)
  const limits = inputLimits(rest, ['generate', 'providerKey', 'onFinish', 'resumable', 'activeStreams'])
  await ensurePlugin(app)
  const settings = routeSettings(app)
  const schemas = agUiSchemas()
  const options = resumableOptions(app, resumable)
  const maxLength = maxIdLength(app)
  const answers = { generate, providerKey, onFinish, resumable, activeStreams, options }
  const { read, check } = checkReads(body => checkAsked(readRun(body, limits)))

  app.post(
    '/agent',
    { ...settings, schema: schemas.post, preValidation: check, bodyLimit: limits.maxBodyBytes },
    (request, reply) => {
      const { asked, run } = read(request.body)
      return answerActively(answers, { asked, id: run.threadId, protocol: protocolOf(run) }, request, reply)
    }
  )
  if (options !== undefined) {
    const protocol = (threadId: string) => protocolOf({ threadId, runId: '' })
    addActiveStream(app, '/agent/:id/stream', { activeStreams, options, settings, schemas, protocol })
  }

  /** @throws FST_SSE_INPUT_INVALID if no URL takes the id, or `generate` does not accept what the client asks for */
  function checkAsked(request: RunRequest): RunRequest {
    if (options !== undefined) checkIdInUrl('threadId', request.run.threadId, maxLength)
    checkAccepted(generate, request.asked, ([first, index]) =>
      String(typeof index === 'number' ? request.origins[index] : first)
    )
    return request
  }
}

/** A client asks for the run of a thread without knowing whether there is one. */
function protocolOf(run: AgUiRun): Protocol<AnswerPart> {
  return { ...agUi(run), resumesNothing: true }
}
