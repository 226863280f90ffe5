/** Where a request has something, such as `['messages', 0, 'content', 1]`. */
export type Path = readonly (string | number)[]

/** Tells where the client has put what a request has at a path, in the words of its API. */
export type PlaceOf = (path: Path) => string

/** The API of a client may have things elsewhere, and whoever answers a request knows the request alone. */
const places = new WeakMap<object, PlaceOf>()

/** Keeps how the API of a client names the places of a request. */
export function keepPlaces(request: object, placeOf: PlaceOf): void {
  places.set(request, placeOf)
}

/** Where the client has put what a request has at a path. In the words of the request, if nothing else is known. */
export function placeIn(request: object, path: Path): string {
  return (places.get(request) ?? withBrackets)(path)
}

/** Writes a path with dots and brackets: `messages[0].content[1]`. */
export function withBrackets([first, ...rest]: Path): string {
  return String(first) + rest.map(step => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
}
