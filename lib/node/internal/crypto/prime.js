'use strict';
// Prime numbers.
//
// Binding contract (crypto): generatePrime(bits, isSafe, add, rem, req) -> Buffer; checkPrime(bytes, rounds, req) -> boolean;
//   comparePrimeParts(a, b) -> -1 | 0 | 1; bitLength(bytes) -> number.

const binding = internalBinding('crypto');
const { codes: { ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const {
  validateBoolean, validateFunction, validateInt32, validateObject,
} = require('internal/validators');
const { isAnyArrayBuffer } = require('internal/crypto/util');

function bytesOfBigInt(n, name) {
  if (n < 0n) throw new ERR_OUT_OF_RANGE(name, '>= 0', n);
  let digits = n.toString(16);
  if (digits.length % 2) digits = `0${digits}`;
  return require('buffer').Buffer.from(digits, 'hex');
}

function numberOption(options, name) {
  const value = options[name];
  if (value === undefined) return undefined;
  if (typeof value === 'bigint') return bytesOfBigInt(value, `options.${name}`);
  if (isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  throw new ERR_INVALID_ARG_TYPE(`options.${name}`, ['ArrayBuffer', 'TypedArray', 'Buffer', 'DataView', 'bigint'], value);
}

function outOfRange(message) {
  const error = new RangeError(message);
  error.code = 'ERR_OUT_OF_RANGE';
  return error;
}

function primeArguments(size, options) {
  validateInt32(size, 'size', 1);
  validateObject(options, 'options');
  const { safe = false, bigint = false } = options;
  const add = numberOption(options, 'add');
  const rem = numberOption(options, 'rem');
  validateBoolean(safe, 'options.safe');
  validateBoolean(bigint, 'options.bigint');
  if (add !== undefined) {
    if (binding.bitLength(add) > size) throw outOfRange('invalid options.add');
    if (rem !== undefined && binding.comparePrimeParts(add, rem) <= 0) {
      throw outOfRange('invalid options.rem');
    }
  }
  return { args: [size, safe, add, rem], bigint };
}

function result(bytes, isBigInt) {
  return isBigInt ? BigInt(`0x${bytes.toString('hex')}`) :
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function generatePrime(size, options, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  }
  validateFunction(callback, 'callback');
  const { args, bigint } = primeArguments(size, options);
  binding.generatePrime(...args, (error, bytes) => {
    if (error) callback(error);
    else callback(undefined, result(bytes, bigint));
  });
}

function generatePrimeSync(size, options = {}) {
  const { args, bigint } = primeArguments(size, options);
  return result(binding.generatePrime(...args, undefined), bigint);
}

function checkArguments(candidate, options) {
  if (typeof candidate === 'bigint') candidate = bytesOfBigInt(candidate, 'candidate');
  if (!isAnyArrayBuffer(candidate) && !ArrayBuffer.isView(candidate)) {
    throw new ERR_INVALID_ARG_TYPE('candidate', ['ArrayBuffer', 'TypedArray', 'Buffer', 'DataView', 'bigint'], candidate);
  }
  validateObject(options, 'options');
  const { checks = 0 } = options;
  validateInt32(checks, 'options.checks', 0);
  return [candidate, checks];
}

function checkPrime(candidate, options = {}, callback) {
  if (typeof options === 'function') {
    callback = options;
    options = {};
  }
  const args = checkArguments(candidate, options);
  validateFunction(callback, 'callback');
  binding.checkPrime(...args, (error, isPrime) => (error ? callback(error) : callback(undefined, isPrime)));
}

function checkPrimeSync(candidate, options = {}) {
  return binding.checkPrime(...checkArguments(candidate, options), undefined);
}

module.exports = { checkPrime, checkPrimeSync, generatePrime, generatePrimeSync };
