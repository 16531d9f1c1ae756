// Promises and async functions.
const later = (value) => Promise.resolve(value);
async function chain(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum = (sum + (await later(i))) | 0;
  return sum;
}
async function* numbers(n) {
  for (let i = 0; i < n; i++) yield i;
}
async function main() {
  let sum = await chain(100000);
  for (let i = 0; i < 50; i++) {
    const parts = await Promise.all(Array.from({ length: 200 }, (_, k) => chain(k % 5)));
    sum = (sum + parts.reduce((a, b) => a + b, 0)) | 0;
  }
  for await (const n of numbers(30000)) sum = (sum + n) | 0;
  try {
    await Promise.reject(new Error('expected'));
  } catch (error) {
    sum += error.message.length;
  }
  console.log('async', sum);
}
main();
