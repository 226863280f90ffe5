import type { Checks } from '../check.js'

export const sdks: Checks = {
  'Other SDKs': async (t, program) => {
    const app = await program.app(t)
    const response = await app.inject('/other')
    t.equal(response.statusCode, 429)
    t.match(response.json(), { message: 'the provider refused' })
  }
}
