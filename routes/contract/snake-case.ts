/** Names an option as OpenAI's and Anthropic's APIs do: `parallelToolCalls` is `parallel_tool_calls` there. */
export function toSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
}
