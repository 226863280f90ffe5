import { useChat } from '@ai-sdk/react'
import { type FormEvent, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

function Chat({ id }: { id: string }) {
  const { messages, sendMessage, status, error, stop } = useChat({ id, resume: true })

  /** `stop()` only leaves, and the source waits for the page to come back. The second line stops it. */
  async function stopAnswer() {
    await stop()
    await fetch(`/api/chat/${id}/stream`, { method: 'DELETE' })
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    void sendMessage({ text: String(new FormData(event.currentTarget).get('prompt')) })
  }

  return (
    <form onSubmit={submit}>
      {messages.map(({ id, role, parts }) => (
        <p key={id}>
          {role}: {parts.map(part => (part.type === 'text' ? part.text : ''))}
        </p>
      ))}
      <input name="prompt" required />
      <button type="submit">Ask</button>
      <button type="button" disabled={status === 'ready'} onClick={stopAnswer}>
        Stop
      </button>
      <p role="status">{error?.message ?? status}</p>
    </form>
  )
}

// The id of the conversation, which your own routes know. A page that is loaded again must find the same one.
const id = new URLSearchParams(location.search).get('chat') ?? 'chat-1'

createRoot(document.querySelector('#root') as Element).render(
  <StrictMode>
    <Chat id={id} />
  </StrictMode>
)
