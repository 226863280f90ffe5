import { FST_SSE_ID_INVALID, FST_SSE_OPTION_INVALID } from './errors.js'
import type { PluginOptions, ResumeOptions, Settings, StartOptions, StreamOptions, StreamSettings } from './options.js'
import {
  END,
  PluginSchema,
  PROTOCOL,
  REGISTER_OPTIONS,
  ResumeSchema,
  SETTING_NAMES,
  StartSchema,
  StreamSchema
} from './options-schema.js'
import { isStreamId } from './resume/log/event-id.js'
import type { ResumableOptions } from './resume/resumable-options.js'
import { isDispatched, isEvent } from './sse/event.js'
import { validateStore } from './stores/validate-store.js'
import { compileOptionsValidator, hasMethods, withDefaults } from './util/validate.js'

const checkPlugin = compileOptionsValidator(PluginSchema)
const checkStream = compileOptionsValidator(StreamSchema)
const checkStart = compileOptionsValidator(StartSchema)
const checkResume = compileOptionsValidator(ResumeSchema)

/**
 * Checks the options of `reply.sseFrom`.
 *
 * @throws FST_SSE_OPTION_INVALID; FST_SSE_ID_INVALID if the id of the stream is malformed, which may be the client's
 */
export function checkStreamOptions(options: StreamOptions): void {
  checkStream(options)
  checkProtocol(options)
  const { end, protocol = 'events', resumable } = options
  const id = typeof resumable === 'object' ? resumable.id : undefined
  if (id !== undefined && !isStreamId(id)) throw new FST_SSE_ID_INVALID('stream id')
  for (const name of ['event', 'end'] as const) {
    if (protocol !== 'events' && options[name] !== undefined) {
      throw new FST_SSE_OPTION_INVALID(name, "is only for the protocol 'events': others make the events themselves")
    }
  }
  if (typeof end === 'object' && !(isEvent(end) && isDispatched(end))) {
    throw new FST_SSE_OPTION_INVALID('end', `takes ${END}`)
  }
}

/**
 * Checks the options of `reply.sseResume`.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkResumeOptions(options: ResumeOptions): void {
  checkResume(options)
  checkProtocol(options)
}

/**
 * Checks the options of `reply.sseStart`.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function checkStartOptions(options: StartOptions): void {
  checkStart(options)
  checkStreamOptions(options)
}

function checkProtocol({ protocol }: Pick<StreamOptions, 'protocol'>): void {
  if (typeof protocol === 'object' && !hasMethods(protocol, ['start'])) {
    throw new FST_SSE_OPTION_INVALID('protocol', `takes ${PROTOCOL}`)
  }
}

/**
 * Checks the options of the plugin and fills in the defaults.
 *
 * @throws FST_SSE_OPTION_INVALID
 */
export function pluginSettings(options: PluginOptions): Settings {
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => !REGISTER_OPTIONS.includes(name)))
  checkPlugin(own)
  if (options.store !== undefined) validateStore(options.store)
  return withDefaults(PluginSchema, own) as Settings
}

/** The settings of a stream: those in its options, and otherwise those of the plugin. */
export function streamSettings(plugin: Settings, own: StreamSettings): Settings {
  // Most streams override nothing. Thousands of them share one object.
  if (!SETTING_NAMES.some(name => own[name] !== undefined)) return plugin
  return { ...plugin, ...Object.fromEntries(SETTING_NAMES.map(name => [name, own[name] ?? plugin[name]])) }
}

/**
 * The resumable options of a stream, which override those of the plugin. One that is `undefined` overrides nothing: a
 * stream does not lose its owner by mistake.
 *
 * @param own the `resumable` option of the stream
 * @returns `undefined` if the stream is not resumable
 */
export function resumableOf(plugin: Settings, own: ResumableOptions): ResumableOptions
export function resumableOf(plugin: Settings, own: StreamOptions['resumable']): ResumableOptions | undefined
export function resumableOf(plugin: Settings, own: StreamOptions['resumable']): ResumableOptions | undefined {
  const { resumable = false } = plugin
  if (!(own ?? resumable)) return undefined
  const given = Object.entries(Object(own)).filter(([, value]) => value !== undefined)
  return { ...Object(resumable), ...Object.fromEntries(given) }
}
