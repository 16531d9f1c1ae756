'use strict';

// The ways a program ends, and what its parent sees.
//
//   spey examples/exit-codes.js 3; echo $?         ends with code 3
//
// Instead of a number: `later` (sets process.exitCode and lets the event loop run dry: 7), `throw` (an error nobody catches: 1),
// `reject` (a promise rejected that nobody handles: 1), `kill` (SIGKILL: the shell reports 137). Without one: 0.

const how = process.argv[2] ?? '0';

process.on('exit', (code) => console.log(`about to exit with ${code}`));

switch (how) {
  case 'later':
    process.exitCode = 7;
    setTimeout(() => console.log('the last timer'), 10);
    break;
  case 'throw':
    throw new Error('nobody catches this');
  case 'reject':
    Promise.reject(new Error('nobody handles this'));
    break;
  case 'kill':
    // Not even the exit listener runs.
    process.kill(process.pid, 'SIGKILL');
    break;
  default:
    // What is still pending is given up.
    setTimeout(() => console.log('never printed'), 1000);
    process.exit(Number(how));
}
