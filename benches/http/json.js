// Routes, parses a query and answers with JSON; prints its port.
const http = require('http');
const items = Array.from({ length: 50 }, (_, id) => ({ id, name: `item ${id}`, tags: ['a', 'b'], price: id * 1.25 }));
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const limit = Number(url.searchParams.get('limit') ?? 20);
  const body = JSON.stringify({ path: url.pathname, items: items.slice(0, limit) });
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
