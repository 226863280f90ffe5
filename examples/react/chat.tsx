import { type FormEvent, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { useStream } from './use-stream.js'

const headers = () => ({ authorization: 'Bearer secret' }) // the token of your own sign-in, renewed if need be

function Chat() {
  const { text, state, error, ask, stop } = useStream('/stream', { headers })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void ask({ prompt: new FormData(event.currentTarget).get('prompt') })
  }

  return (
    <form onSubmit={submit}>
      <input name="prompt" required />
      <button type="submit">Ask</button>
      <button type="button" disabled={state !== 'running'} onClick={stop}>
        Stop
      </button>
      <output>{text}</output>
      <p role="status">{error instanceof Error ? error.message : state}</p>
    </form>
  )
}

createRoot(document.querySelector('#root') as Element).render(
  <StrictMode>
    <Chat />
  </StrictMode>
)
