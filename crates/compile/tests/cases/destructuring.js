const {a, ['b' + c]: d = 1, ...rest} = o;
[x.y, z = 2, ...w[0]] = it;
({p: q.r, s = 3} = u);
(function fact(n) { return n ? n * fact(n - 1) : 1; });
{ function blk() {} }
var v = function () {}; o.f ||= () => {}; i = i++ + ++j; delete o?.p;
