/** What answers a request, as the application names it. */
export interface Answerer {
  /** Who runs the model, such as `openai`. */
  readonly provider?: string | undefined
  /** The name of the model. */
  readonly model?: string | undefined
}

const answerers = new WeakMap<object, Answerer>()

/** Keeps what answers a request, for those who observe its answer. */
export function setAnswerer(request: object, { provider, model }: Answerer): void {
  answerers.set(request, { provider, model })
}

/** What answers a request, as far as that is known. */
export function answererOf(request: object): Answerer {
  return answerers.get(request) ?? {}
}
