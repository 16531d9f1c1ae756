'use strict';

// Binding contract: internalBinding('types'): isArgumentsObject, isArrayBuffer, isAsyncFunction, isBigIntObject,
//   isBooleanObject, isDate, isExternal, isGeneratorFunction, isGeneratorObject, isMap, isMapIterator,
//   isModuleNamespaceObject, isNativeError, isNumberObject, isPromise, isProxy, isRegExp, isSet, isSetIterator,
//   isSharedArrayBuffer, isStringObject, isSymbolObject, isWeakMap, isWeakSet, isAnyArrayBuffer, isBoxedPrimitive,
//   isArrayBufferView, isDataView, isTypedArray, isUint8Array and the same for all types of typed arrays:
//   each (value) -> boolean

module.exports = { ...internalBinding('types') };

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
