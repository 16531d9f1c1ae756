'use strict';

// A request takes 50 ms here, and 45 ms of them are waiting for a database. The one JavaScript thread does not wait
// along: during those 45 ms it serves other requests, so that the number of requests a second is bounded by how many
// are waiting at a time, not by how long each of them waits.
//
//   spey examples/wait-45ms-server.js
//   PORT=8080 spey examples/wait-45ms-server.js

const { createServer } = require('node:http');

const DATABASE_MS = 45;

/** Stands for a database driver: answers later, and keeps no thread busy meanwhile. */
function query(id, callback) {
  setTimeout(() => callback(null, { id, name: `row ${id}` }), DATABASE_MS);
}

let requestCount = 0;

const server = createServer((req, res) => {
  query(++requestCount, (err, row) => {
    if (err) {
      res.writeHead(500).end();
      return;
    }
    const body = JSON.stringify(row);
    res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    res.end(body);
  });
});

server.listen(process.env.PORT ?? 3000, '127.0.0.1', 4096, () => {
  console.log(`Server running at http://127.0.0.1:${server.address().port}/`);
});
