'use strict';

// Is this process a worker of a cluster? Sockets ask before they listen.

module.exports = { isWorker: false };
