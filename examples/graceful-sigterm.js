'use strict';

// A server that ends well. On SIGTERM it takes no new connections, finishes the requests it has begun, and then has nothing
// left to do: the process ends by itself, with code 0. SIGKILL cannot be handled; nothing here sees it.
//
//   spey examples/graceful-sigterm.js      then   curl http://127.0.0.1:3000/ &   kill -TERM <pid>

const { createServer } = require('node:http');

const WORK_MS = 300;
const PATIENCE_MS = 10_000;

let inFlight = 0;
let closing = false;

const server = createServer((req, res) => {
  inFlight++;
  res.on('close', () => inFlight--);
  setTimeout(() => {
    // A client that keeps its connection would keep the server alive.
    if (closing) res.setHeader('Connection', 'close');
    res.setHeader('Content-Type', 'text/plain');
    res.end('finished\n');
  }, WORK_MS);
});

process.on('SIGTERM', (signal) => {
  if (closing) return;
  closing = true;
  console.log(`${signal}: finishing ${inFlight} request(s)`);
  server.close(() => console.log('all connections are closed'));
  // Who has not finished by then never will. The timer itself is no reason to stay.
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
});

process.on('exit', (code) => console.log(`exit code ${code}`));

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`Server running at http://127.0.0.1:${server.address().port}/ as process ${process.pid}`);
});
