// Map, Set and objects as dictionaries.
const map = new Map();
const set = new Set();
const dictionary = Object.create(null);
for (let i = 0; i < 200000; i++) {
  const key = 'k' + (i % 5000);
  map.set(key, (map.get(key) ?? 0) + i);
  set.add(i % 7777);
  dictionary[key] = (dictionary[key] | 0) + 1;
}
let sum = 0;
for (const [key, value] of map) sum = (sum + key.length + value) | 0;
for (const value of set) sum = (sum + value) | 0;
for (const key in dictionary) sum = (sum + dictionary[key]) | 0;
const objects = Array.from({ length: 1000 }, (_, i) => ({ i }));
const weak = new WeakMap(objects.map((o) => [o, o.i]));
for (let round = 0; round < 300; round++) for (const o of objects) sum = (sum + weak.get(o)) | 0;
for (let i = 0; i < 5000; i += 2) map.delete('k' + i);
console.log('maps', sum, map.size, set.size);
