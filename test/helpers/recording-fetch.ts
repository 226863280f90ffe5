/** A `fetch` that records response bodies. */
export interface RecordingFetch {
  fetch: typeof globalThis.fetch
  /** What has arrived so far, of all responses. */
  text(): string
}

export function recordingFetch(): RecordingFetch {
  const chunks: Uint8Array[] = []
  return {
    text: () => Buffer.concat(chunks).toString(),
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      const recorder = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, controller) => {
          chunks.push(chunk)
          controller.enqueue(chunk)
        }
      })
      return new Response(response.body?.pipeThrough(recorder), response)
    }
  }
}
