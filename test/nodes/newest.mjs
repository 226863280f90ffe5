/** Loaded before a test: has it, and the routes that it tests, use the newest majors of SDKs, which are installed beside the others. */
import { registerHooks } from 'node:module'

const newest = {
  ai: '@newest/ai',
  '@ai-sdk/openai': '@newest/ai-sdk-openai',
  '@ai-sdk/openai-compatible': '@newest/ai-sdk-openai-compatible',
  '@google/genai': '@newest/google-genai',
  '@langchain/openai': '@newest/langchain-openai',
  eventsource: '@newest/eventsource',
  openai: '@newest/openai'
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const isOwn = context.parentURL?.includes('/node_modules/') === false
    return nextResolve(isOwn ? newestOf(specifier) : specifier, context)
  }
})

function newestOf(specifier) {
  const [, name, path] = /^((?:@[^/]+\/)?[^/]+)(.*)$/.exec(specifier) ?? []
  return name in newest ? newest[name] + path : specifier
}
