FROM node:24-alpine
ENV NODE_ENV=production
WORKDIR /app
COPY server.js ./
USER node
EXPOSE 8000
CMD ["node", "--max-old-space-size={heap}", "server.js"]
