function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}
function hazard(a) {
  return a + (a = 1) + a;
}
function loops(a, b = a + 1, ...c) {
  let s = 0;
  for (let i = 0; i < a.length; i++) {
    s += a[i] * 2;
    if (s > 100) break;
  }
  for (const x of b) c.push(() => x);
  try {
    g(s);
  } catch (e) {
    return e;
  } finally {
    s = 1;
  }
  return a?.b?.(s) ?? o.m(s, 1);
}
class A extends B {
  #x = 1;
  static y = 2;
  constructor() {
    super(1);
    this.z = this.#x;
  }
  get v() {
    return super.v;
  }
}
