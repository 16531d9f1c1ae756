// BigInt arithmetic: a factorial, modular powers and text.
let factorial = 1n;
for (let i = 1n; i <= 1200n; i++) factorial *= i;
function power(base, exponent, modulus) {
  let result = 1n;
  for (base %= modulus; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}
let sum = 0n;
for (let i = 2n; i < 1500n; i++) sum += power(i, 1000003n, 2n ** 89n - 1n);
console.log('bigint', factorial.toString().length, String(sum), BigInt.asUintN(64, sum * sum).toString(16));
