// Allocation: many short-lived trees and one that stays.
function build(depth) {
  return depth === 0 ? { left: null, right: null } : { left: build(depth - 1), right: build(depth - 1) };
}
function count(tree) {
  return tree.left === null ? 1 : 1 + count(tree.left) + count(tree.right);
}
const kept = build(15);
let total = 0;
for (let depth = 4; depth <= 14; depth += 2) {
  const rounds = 1 << (16 - depth);
  for (let i = 0; i < rounds; i++) total += count(build(depth));
}
console.log('trees', total, count(kept));
