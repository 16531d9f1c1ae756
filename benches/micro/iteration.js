// for-of over arrays, maps and strings, for-in, and array iterators.
const list = Array.from({ length: 1000 }, (_, i) => i);
const object = Object.fromEntries(list.slice(0, 50).map((i) => ['p' + i, i]));
let sum = 0;
for (let round = 0; round < 1500; round++) {
  for (const value of list) sum = (sum + value) | 0;
  for (const key in object) sum = (sum + object[key]) | 0;
  for (const [index, value] of list.slice(0, 100).entries()) sum = (sum + index * value) | 0;
  for (const character of 'some ünicode 😀 text') sum = (sum + character.length) | 0;
  for (const [key, value] of Object.entries(object)) sum = (sum + key.length + value) | 0;
}
console.log('iteration', sum);
