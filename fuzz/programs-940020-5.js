let fuel = 3000;
return (async () => {
let v1 = (5e-324);
const v2 = cut('12'.padStart(v1 & 7, 'é').padStart((false ? v1 : v1) & 7, '-0').split('0x1f'));
let v3 = cut(v2);
let v4 = new Int8Array([-1, 0.5, 1e10, NaN]);
let v5 = v3;
let v6 = new Uint8Array(8);
const v7 = BigInt.asIntN(64, 12345678901234567890n);
v3 = cut(v3);
v4 = v4;
try {
 log('NaN');
 let v8 = cut(['b', 'a', 'c']);
 function f9(p10) {
  if (fuel-- < 0) return;
  if ((v1 >= (v1 / (4294967296)))) {
   let { w: v11, ...v12 } = ({ x: { z: 1 } });
   for (const i13 of new Map([[1, 'a'], ['b', 2]])) {
    if (fuel-- < 0) break;
    let v14 = ({ get x() { return 3; }, z: null });
    v14 = ({ z: i13, name: ({ get x() { return 3; }, z: null }) });
   }
   if (false) return v12;
   v8 = cut([1.5, , 'a']);
  }
  v6 = new Uint16Array(4);
  return v1;
 }
 v1 = (false ? (((-2147483648) / v1) * ((9007199254740993) + (-0))) : ((- v1) * (256)));
 let v15 = Object.seal(({ ...Object.seal(({ x: 1, y: 2 })), y: (false ? v5 : v5) }));
 for (const v16 of [7, v8.indexOf(v5), 'length'.padStart(v1 & 7, 'hello world'), v15, Array.from(v6), f9((1e21), v5?.name, f9((await (0))))]) {
  fuel += 300;
  try {
   for (let i17 = 0; i17 < 30 && fuel > 0; i17++) {
    log(f9(v16, i17, v16));
   }
  }
  catch (e18) {
   log('caught', e18);
  }
 }
}
catch (e19) {
 log('caught', e19);
}
try {
 v6 = v4;
 if (v3.length < 30) v3.splice(((0.5) - (1073741824)), 1, (-2147483648));
 try {
  log(v5);
  if (true) throw v5;
 }
 catch (e20) {
  log('caught', e20);
  v1 <<= v6[((3) - (1))];
 }
}
catch (e21) {
 log('caught', e21);
}
switch ((true ? ({}) : ({ x: 1, y: 2 }))) {
 case v5:
 v4 = new Uint8ClampedArray([-1, 0.5, 1e10, NaN]);
 break;
 case 'a':
 log('hello world');
 break;
 case v1:
 const v22 = cut([(9007199254740993), ('' + '1e3')]);
 break;
 default:
 try {
  for (let i23 = 0; i23 < 3; i23++) {
   let v24 = v6;
   v3 ??= cut(v2);
   let v25 = new Map([[1, 'a'], ['b', 2]]);
   v5 = new Uint32Array([1, 2, 300]);
  }
  const v26 = await [3, 1, 2, 5, 4];
  for (const i27 in Object.create(Object.create(({ get x() { return 3; }, z: null })))) {
   if (fuel-- < 0) break;
   v6 = v4;
   let v29 = cut([3, 1, 2, 5, 4].concat(v22.slice(0, 20).filter((x28) => (123456.789))));
   v5 = [3, 1, 2, 5, 4].concat(Object.keys(({ x: { z: 1 } }))).push('NaN'?.x);
   v29 = cut([v26?.z, v26]);
  }
  let i30 = 0;
  do {
   v5 = Number((v1 > Number(true)));
  } while (++i30 < 3);
 }
 catch (e31) {
  log('caught', e31);
  log(({}));
  async function f32() {
   if (fuel-- < 0) return;
   v5 = BigInt.asIntN(128, ((2n ** 64n) & ((v7 >> 33n) * (0n >> 30n))));
   v5 = String('a,b,c').slice(-60);
   v3 = cut([[1], [2, 3]]);
   return ('length' + '1e3'.toLowerCase());
  }
  log(f32(v22[(Math.floor(v1) & 7)]));
 }
 finally {
  for (let i33 = 0; i33 < 3; i33++) {
   log(v1);
   v5 = cut([v5, v5].slice(0, 20).filter((x34) => false).slice(0, 20).map((x35) => false));
   v6 = v4;
  }
  for (let i36 = 0; i36 < 300; i36 += 1) {
   if ((false && false)) continue;
  }
 }
}
try {
 v4 ??= v4;
 switch ((((-1.5)) | 0).toString(31)) {
  case '\u{1f600}':
  v6[7] = (((1.7976931348623157e308) ^ v1) + ((1073741823) << v1));
  break;
  case v5:
  v3 = (Math.imul((5e-324), (4294967296)) * Math.abs(v1));
  break;
  default:
  let v37 = new Map([[1, 'a'], ['b', 2]]);
 }
 v6 = v6;
 const f38 = (p39) => (65535);
 for (const v40 of [7, v1, ({ name: v5, name: v5 }), (true ? v2 : v3), undefined]) {
  fuel += 300;
  try {
   for (let i41 = 0; i41 < 30 && fuel > 0; i41++) {
    log(f38(v40, i41, v40));
   }
  }
  catch (e42) {
   log('caught', e42);
  }
 }
}
catch (e43) {
 log('caught', e43);
}
try {
 log(v5);
 let v44 = String('NaN').slice(-60);
 for (let i45 = 0; i45 < 40; i45++) {
  switch (null) {
   case v3[6]:
   v5 = cut([v5?.x, v5?.length]);
   break;
   default:
   function f46(...p47) {
    if (fuel-- < 0) return;
    v5 = cut(Array.from({ length: p47.slice(0, 20).filter((x48) => v5).push(v5) & 7 }, (_, i) => i));
    v6 = new Uint8Array([1, 2, 300]);
    log(v5);
    v6 = new Uint8ClampedArray(8);
    return Object.create(({ ...({ get x() { return 3; }, z: null }), w: v5 })).length;
   }
  }
 }
}
catch (e49) {
 log('caught', e49);
}
log(v1, v2, v3, v4, v5, v6, v7);
})();
