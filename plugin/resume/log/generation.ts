import { randomName } from '../../util/random-name.js'

/**
 * A generation is one run of a source under the id of a stream. An id that the application chose can have several, one
 * after the other: the log of the first may be gone when the id is used again. Nothing of one may reach a client of
 * another (R1), so event ids name the generation, and the event store knows it as the producer of the log.
 */

/** Makes the name of a generation: 64 random bits in base64url. */
export function newGeneration(): string {
  return randomName(8)
}

/**
 * The name by which the event store knows the producer of a generation.
 *
 * @param generation `''` for the only one of a stream whose id is random
 */
export function producerOf(generation: string, id: string): string {
  return generation || id
}

/** The generation of a log; `''` if it is the only one of its stream. @param producer as the event store has it */
export function generationOf(producer: string, id: string): string {
  return producer === id ? '' : producer
}
