// Answers every request with a short text; prints its port.
const http = require('http');
const server = http.createServer((request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 12 });
  response.end('hello world\n');
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
