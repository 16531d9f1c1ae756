'use strict';
// Built-in functions that have forms without frames, with plain operands and others.
const out=[]; const show=(...a)=>out.push(a.map(v=>typeof v==='string'?JSON.stringify(v):Object.is(v,-0)?'-0':String(v)).join(' '));
const t=(f)=>{try{return f()}catch(e){return e.name+': '+e.message}};
function all(v,w){ show(t(()=>String(v)),t(()=>Number(v)),t(()=>parseFloat(v)),t(()=>parseInt(v)),t(()=>parseInt(v,w)),t(()=>v.toFixed(w)),t(()=>v.toPrecision(w)),t(()=>v.toString(w)),t(()=>v.toString()),t(()=>v.padStart(w)),t(()=>v.padEnd(w,'ab')),t(()=>v.padStart(w,'')),t(()=>v.padEnd(w,'é')),t(()=>v.padStart(w,'Ж')),t(()=>v.trim()),t(()=>v.toLowerCase()),t(()=>v.toUpperCase())); }
const vs=[0,-0,1,-1,1.5,-2.25,NaN,Infinity,-Infinity,1e21,1e-7,2**31,123456789.123,'','  ab ','Hello','ÀÉß','µÿ','Ж','0x1f','12px','-0',' 42 ','1e3','.5','abc'.repeat(30),'A'.repeat(70),true,null,undefined,10n,{},[5],Symbol.iterator];
const ws=[0,1,2,8,10,16,36,37,100,101,-1,2.5,undefined,NaN,'5',200];
for(let k=0;k<3;k++) for(const v of vs) for(const w of ws) all(v,w);
show(new Number('5').toString(), typeof new Number(5), typeof new String(5), new String(5)+'', Number(), String(), Number(10n), t(()=>new Number(Symbol())), t(()=>Number(Symbol())), String(Symbol('x')));
class N extends Number{}; class S extends String{}; show(new N(4)+1, new S('q')+1, Reflect.construct(Number,[7],N) instanceof N);
function mk(x){ return [new Number(x), new String(x), Number(x), String(x)]; } for(let i=0;i<3000;i++) { const r=mk(i); if (typeof r[0]!=='object'||typeof r[1]!=='object'||typeof r[2]!=='number'||typeof r[3]!=='string') {show('bad',i);break;} }
console.log(out.join('\n'));
