enum E { A, B = 5, C, D = "x" }
namespace N { export const v = 1; export function f() { return v; } let w = v; }
abstract class P<T> extends Q { private z?: number = 1; constructor(public a: string, readonly b = 2) { super(a); } abstract m(): void; declare d: number; }
import type { T } from "t";
let x = <any>y as unknown as number; let z = x! satisfies number;
function over(a: string): void; function over(a: any) { return a; }
