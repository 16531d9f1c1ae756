// instanceof with constructors that are constant, until something about them changes.
'use strict';
class A {} class B extends A {} function C() {} C.prototype = Object.create(B.prototype);
const objs=[new A,new B,new C,{},[],null,undefined,1,'s',Object.create(null),()=>0,new Proxy({},{getPrototypeOf(){return A.prototype}}), Symbol()];
const warm=f=>{let r;for(let i=0;i<3000;i++)r=f();return r};
function t(){ let s=''; for (const o of objs) s+= (o instanceof A?1:0)+''+(o instanceof B?1:0)+(o instanceof C?1:0)+' '; return s; }
console.log(warm(t));
C.prototype = B.prototype; console.log(warm(t));
Object.defineProperty(C, Symbol.hasInstance, {value: v=>v===1}); console.log(warm(t));
Object.setPrototypeOf(B.prototype, null); console.log(warm(t));
Object.setPrototypeOf(objs[3], A.prototype); console.log(warm(t));
Object.defineProperty(A, Symbol.hasInstance, {value: v=>v==='s'}); console.log(warm(t));
