function* g(a) { try { const x = yield a; yield* x; } finally { cleanup(); } }
async function h(s) { for await (const v of s) { if (v) break; await v; } return 1; }
async function* ag() { yield 1; return 2; }
function ev(a) { var x = 1; eval("x"); return x + a + y; }
function w(o) { with (o) { return foo(bar); } }
function mapped(a, b) { arguments[0] = 3; return a; }
function un(a, b) { return arguments[0] + arguments.length; }
