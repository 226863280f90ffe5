import type { AnswerPart, Finish, FinishReason, Usage } from '../../routes/generate.js'
import { FST_SSE_PROVIDER_LOST } from '../openai/errors.js'
import type { Warning } from './warnings.js'

type Fields = Record<string, unknown>

const REASONS: Record<string, FinishReason> = {
  stop: 'stop',
  length: 'length',
  'content-filter': 'content_filter',
  'tool-calls': 'tool_calls'
}

/**
 * Reads the parts of an answer of the AI SDK's provider interface.
 *
 * @param onWarnings told what the model does not heed, before the first part
 * @throws the error of the provider, or FST_SSE_PROVIDER_LOST if the answer is not complete
 */
export async function* readParts(
  values: AsyncIterable<unknown>,
  onWarnings: (warnings: readonly Warning[]) => void
): AsyncGenerator<AnswerPart, Finish> {
  const calls = new Map<string, string>()
  for await (const value of values) {
    const part = value as Fields & { type: string }
    switch (part.type) {
      case 'stream-start':
        onWarnings(part.warnings as Warning[])
        break
      case 'text-delta':
        yield String(part.delta)
        break
      case 'reasoning-delta':
      case 'reasoning-end':
        yield* readReasoning(part)
        break
      case 'tool-input-start':
        calls.set(String(part.id), String(part.toolName))
        yield { type: 'tool-call', id: String(part.id), name: String(part.toolName), arguments: '' }
        break
      case 'tool-input-delta':
        yield {
          type: 'tool-call',
          id: String(part.id),
          name: String(calls.get(String(part.id))),
          arguments: String(part.delta)
        }
        break
      case 'tool-call': {
        // Models that stream the arguments repeat all of them here.
        const { toolCallId: id, toolName: name, input } = part
        if (!calls.has(String(id))) {
          yield { type: 'tool-call', id: String(id), name: String(name), arguments: String(input) }
        }
        break
      }
      case 'error':
        throw part.error
      case 'finish':
        return toFinish(part)
    }
  }
  throw new FST_SSE_PROVIDER_LOST('ended its answer too early')
}

function* readReasoning({ delta = '', providerMetadata = {} }: Fields): Generator<AnswerPart, void> {
  const all = Object.assign({}, ...Object.values(providerMetadata as Record<string, Fields>)) as Fields
  const { signature, redactedData, reasoningEncryptedContent } = all
  const encrypted = redactedData ?? reasoningEncryptedContent
  const isSigned = typeof signature === 'string' || typeof encrypted === 'string'
  if (delta === '' && !isSigned) return
  yield {
    type: 'reasoning',
    text: String(delta),
    ...(typeof signature === 'string' && { signature }),
    ...(typeof encrypted === 'string' && { encrypted })
  }
}

/** Version 2 has the word itself. An answer that was cut off ends with `other`, and has no word of the provider. */
function toFinish({ finishReason, usage }: Fields): Finish {
  const { unified, raw } = (
    typeof finishReason === 'string' ? { unified: finishReason, raw: finishReason } : finishReason
  ) as { unified: string; raw: string | undefined }
  const isFailure = unified === 'error' || unified === 'interrupted' || (REASONS[unified] === undefined && !raw)
  if (isFailure) throw new FST_SSE_PROVIDER_LOST('ended its answer with a failure', { cause: new Error(String(raw)) })
  const tokens = readUsage(usage as Fields | undefined)
  return { finishReason: REASONS[unified] ?? 'unknown', ...(tokens !== undefined && { usage: tokens }) }
}

/** Version 2 has plain numbers. */
function readUsage({ inputTokens, outputTokens, ...rest }: Fields = {}): Usage | undefined {
  const input = toCounts(inputTokens)
  const output = toCounts(outputTokens)
  const { total: promptTokens, cacheRead = rest.cachedInputTokens } = input
  const { total: completionTokens, reasoning = rest.reasoningTokens } = output
  if (!isCount(promptTokens) || !isCount(completionTokens)) return undefined
  return {
    promptTokens,
    completionTokens,
    totalTokens: isCount(rest.totalTokens) ? rest.totalTokens : promptTokens + completionTokens,
    ...(isCount(cacheRead) && { cachedPromptTokens: cacheRead }),
    ...(isCount(reasoning) && { reasoningTokens: reasoning })
  }
}

function toCounts(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : { total: value }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
