'use strict';

// The smallest server: every request is answered at once, and while there is none the process sleeps.
//
//   spey examples/hello-server.js          then   curl http://127.0.0.1:3000/
//   PORT=8080 spey examples/hello-server.js       another port; 0 takes a free one

const { createServer } = require('node:http');

const hostname = '127.0.0.1';

const server = createServer((req, res) => {
  res.statusCode = 200;
  res.setHeader('Content-Type', 'text/plain');
  res.end('Hello, World!\n');
});

server.listen(process.env.PORT ?? 3000, hostname, () => {
  console.log(`Server running at http://${hostname}:${server.address().port}/`);
});
