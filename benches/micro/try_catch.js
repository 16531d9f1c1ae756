// Exceptions thrown through frames, and finally blocks.
function thrower(n) {
  if (n % 10 === 0) throw new RangeError('ten ' + n);
  return n;
}
function middle(n) {
  try {
    return thrower(n) + 1;
  } finally {
    finals++;
  }
}
let finals = 0;
let caught = 0;
let sum = 0;
for (let i = 0; i < 300000; i++) {
  try {
    sum = (sum + middle(i)) | 0;
  } catch (error) {
    caught += error.message.length;
  }
}
console.log('try_catch', sum, caught, finals);
