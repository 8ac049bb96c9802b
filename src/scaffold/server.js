// Answers /health.
const http = require('node:http');

http
  .createServer((request, response) => {
    const isKnown = request.url === '/health';
    response.writeHead(isKnown ? 200 : 404);
    response.end(isKnown ? 'ok\n' : 'not found\n');
  })
  .listen(8000);
