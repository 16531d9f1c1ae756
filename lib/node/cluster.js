'use strict';

// node:cluster: the primary's half or a worker's, by NODE_UNIQUE_ID in the environment.

module.exports = require(process.env.NODE_UNIQUE_ID === undefined ? 'internal/cluster/primary' : 'internal/cluster/child');
