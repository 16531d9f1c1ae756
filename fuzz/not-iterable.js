// How messages name what should have been iterable.
const numbers = { one: 1, list: [1] }, one = () => 1, nothing = undefined, key = 'one';
const programs = [
  () => { let [a] = 1; }, () => { let [a] = nothing; }, () => { let [a] = one(); }, () => { let [a] = numbers.one; }, () => { let a; [a] = one(); },
  () => { let [a, [b = undefined] = [1]] = [3, 1]; }, () => { let [[a]] = [null]; }, () => { let [[a]] = [{}]; }, () => { let [...[[a]]] = [2n]; },
  () => { for (const a of numbers.one); }, () => { for (const a of one()); }, () => { for (const a of numbers[key]); },
  () => [...numbers.list[0]], () => [...{}], () => one(...nothing), () => one(...numbers), () => (([a]) => a)(true), () => { try { throw Symbol('x'); } catch ([a]) {} },
  () => new Map(1), () => new Map('x'), () => new Set({}), () => new WeakSet(() => 1), () => Object.fromEntries(1), () => Map.groupBy(1, one),
  () => (function* () { yield* 5; })().next(),
];
for (const program of programs) {
  try { program(); log('none'); } catch (e) { log(String(e)); }
}
