// Arrays sorted by their texts: starts that are equal, lengths, units above 255, NUL.
const texts = ["", "a", "b", "ab", "abc", "a\0", "a\0b", "\0", "abcdefg", "abcdefgh", "abcdefgi", "abcdefg\0", "abcdefghi", "ABC", "é", "éa", "ÿÿÿÿÿÿÿÿ", "zzzzzzz", "zzzzzzzz", "s10", "s9", "s1", "s100"];
const wide = ["\u0100", "\u0100a", "aaa\u0100", "aaab", "aaa", "aaaa", "aa\u0100", "\ud83d\ude00", "\uffff", "\ud83d"];
const codes = (list) => list.map((t) => [...Array(t.length).keys()].map((k) => t.charCodeAt(k)).join(".")).join(" ");
function shuffled(list, seed) { const r = list.slice(); for (let i = r.length; i-- > 1;) { seed = (seed * 1103515245 + 12345) & 0x7fffffff; const j = seed % (i + 1); [r[i], r[j]] = [r[j], r[i]]; } return r; }
for (let k = 0; k < 5; k++) { console.log(codes(shuffled(texts, k).sort())); console.log(codes(shuffled(texts.concat(wide, texts), k).sort())); }
console.log(shuffled([10, 9, 1, 100, -1, -10, 0, 1.5, NaN, null, true, "x", undefined, {}, [2, 1]], 3).sort().map(String).join());
const long = "x".repeat(50), rope = (a, b) => a + b;
console.log([rope(long, "b"), rope(long, "a"), rope(long, ""), long.slice(1), rope(long, "\u0100")].sort().map((t) => t.length + t.slice(-1)).join());
const objects = texts.map((t, i) => ({ i, toString() { return t.slice(0, 1); } }));
console.log(objects.sort().map((o) => o.i).join(), texts.toSorted().length);
