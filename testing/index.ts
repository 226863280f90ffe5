export { type InjectSseOptions, injectSse } from './inject-sse.js'
export type { ErrorEvent, InjectedEvent, InjectedStream } from './injected-stream.js'
export { type ProviderRequest, type ScriptedProvider, scriptedProvider } from './scripted-provider.js'
export { type RunContext, type ScriptedSource, type SourceRun, scriptedSource } from './scripted-source.js'
