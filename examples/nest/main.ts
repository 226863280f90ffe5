import 'reflect-metadata'
import { BadRequestException, Controller, Get, Module, Query, Res } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyReply } from 'fastify'
import sseFrom from 'fastify-sse-from'
import OpenAI from 'openai'

const openai = new OpenAI({ maxRetries: 0 })

@Controller()
class ChatController {
  @Get('stream')
  async stream(@Query('prompt') prompt: string | undefined, @Res() reply: FastifyReply): Promise<void> {
    if (!prompt) throw new BadRequestException('prompt takes a text')
    // Awaited, so that an error before the first token goes to Nest's exception filters.
    await reply.sseFrom(
      ({ signal }) =>
        openai.chat.completions.create(
          { model: 'gpt-5-mini', stream: true, messages: [{ role: 'user', content: prompt }] },
          { signal }
        ),
      {
        map: chunk => chunk.choices?.[0]?.delta?.content || undefined,
        isComplete: chunk => Boolean(chunk.choices?.[0]?.finish_reason),
        json: ({ text }) => ({ text })
      }
    )
  }
}

@Module({ controllers: [ChatController] })
class AppModule {}

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter())
await app.register(sseFrom)
app.enableShutdownHooks()
await app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1')
console.log(`listening at ${await app.getUrl()}`)
