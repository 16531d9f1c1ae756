'use strict';

// Binding contract: internalBinding('types'): isArgumentsObject, isArrayBuffer, isAsyncFunction, isBigIntObject,
//   isBooleanObject, isDate, isExternal, isGeneratorFunction, isGeneratorObject, isMap, isMapIterator,
//   isModuleNamespaceObject, isNativeError, isNumberObject, isPromise, isProxy, isRegExp, isSet, isSetIterator,
//   isSharedArrayBuffer, isStringObject, isSymbolObject, isWeakMap, isWeakSet, isAnyArrayBuffer, isBoxedPrimitive:
//   each (value) -> boolean

const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const { call } = Function.prototype;
// get %TypedArray%.prototype[%Symbol.toStringTag%], ECMA-262 §23.2.3.38: the name of a typed array, else undefined.
const tagOf = call.bind(typedArrayTag);

const { isView } = ArrayBuffer;

function isTypedArray(value) {
  return tagOf(value) !== undefined;
}

function isDataView(value) {
  return isView(value) && tagOf(value) === undefined;
}

module.exports = {
  ...internalBinding('types'),
  isArrayBufferView: isView,
  isDataView,
  isTypedArray,
  isUint8Array(value) { return tagOf(value) === 'Uint8Array'; },
  isUint8ClampedArray(value) { return tagOf(value) === 'Uint8ClampedArray'; },
  isUint16Array(value) { return tagOf(value) === 'Uint16Array'; },
  isUint32Array(value) { return tagOf(value) === 'Uint32Array'; },
  isInt8Array(value) { return tagOf(value) === 'Int8Array'; },
  isInt16Array(value) { return tagOf(value) === 'Int16Array'; },
  isInt32Array(value) { return tagOf(value) === 'Int32Array'; },
  isFloat16Array(value) { return tagOf(value) === 'Float16Array'; },
  isFloat32Array(value) { return tagOf(value) === 'Float32Array'; },
  isFloat64Array(value) { return tagOf(value) === 'Float64Array'; },
  isBigInt64Array(value) { return tagOf(value) === 'BigInt64Array'; },
  isBigUint64Array(value) { return tagOf(value) === 'BigUint64Array'; },
};

// The key classes live in crypto, which most programs never load: these two replace themselves on first use.
function lazyCryptoCheck(name) {
  Object.defineProperty(module.exports, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    writable: true,
    value: { [name](value) {
      if (value === null || typeof value !== 'object' || !process.versions.openssl) return false;
      return require('internal/crypto/keys')[name](value);
    } }[name],
  });
}
lazyCryptoCheck('isKeyObject');
lazyCryptoCheck('isCryptoKey');
