# The server that `npm start` runs. It listens on all addresses of its container, on port 3000 unless PORT is set.
FROM node:22-slim

WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --include=dev
COPY . .
RUN npm run build

USER node
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

# Node itself receives SIGTERM, and not npm: the server lets its answers finish.
CMD ["node", "dist/server/start.js"]
