/** A `fetch` whose responses can be read along. */
export interface Wire {
  fetch: typeof globalThis.fetch
  /** What has come so far, of all responses. */
  text(): string
}

export function wire(): Wire {
  const chunks: Uint8Array[] = []
  return {
    text: () => Buffer.concat(chunks).toString(),
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      const along = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          chunks.push(chunk)
          controller.enqueue(chunk)
        }
      })
      return new Response(response.body?.pipeThrough(along), response)
    }
  }
}
