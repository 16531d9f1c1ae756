import d, {a as b, type} from "x" with {type: "json"};
import * as ns from "y";
export {b as c, q};
export * from "z"; export * as zz from "z";
let q = b + d;
export default function () { return q; }
export const k = () => ns.foo, [m, n] = await f();
for (let i = 0, j = () => i; i < 3; i++) { setTimeout(() => i); }
export class C { static #p() { return this.#q; } get #q() { return 1; } [k] = 1; static { this.#p(); var z = 1; } }
switch (q) { case 1: let y = 2; f(y); break; case "x": f(() => y); default: }
label: for (const x in o) { for (;;) { continue label; } }
export { C as default2 };
