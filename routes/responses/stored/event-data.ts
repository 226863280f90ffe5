import { createParser } from 'eventsource-parser'

/** The data of the events in a text. */
export function dataOf(text: string): string[] {
  const all: string[] = []
  const parser = createParser({ onEvent: ({ data }) => all.push(data) })
  parser.feed(text)
  return all
}
