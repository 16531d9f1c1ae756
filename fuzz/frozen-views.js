// A view with elements cannot be frozen, but cannot be extended afterwards.
const view = new Uint16Array(4);
try { Object.freeze(view); } catch (e) { log(e, e.message); }
log(Object.isExtensible(view), Object.isFrozen(view), Object.getOwnPropertyDescriptor(view, 0).writable);
try { view.z = 1; log(view.z); Object.defineProperty(view, 'w', { value: 1 }); } catch (e) { log(e, e.message); }
try { log(Object.isFrozen(Object.freeze(new Uint8Array(0)))); } catch (e) { log(e, e.message); }
