/** The panels that the picture shows. */
export const TITLES: readonly string[] = [
  'Open streams',
  'Time to the first chunk of the source',
  'Waiting for slow clients',
  'Resumes',
  'Ends of generations',
  'Unread'
]
