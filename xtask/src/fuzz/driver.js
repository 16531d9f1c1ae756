// Runs the programs of CASES one after the other and prints what each of them logs, below a line `== index`.
// What is printed must not depend on the engine: of errors only the name is shown, unless MESSAGES is set.

const { types } = require("node:util");

const show = (value, depth = 3) => {
  switch (typeof value) {
    case "string": return JSON.stringify(value.length > 300 ? value.slice(0, 300) + "…" + value.length : value);
    case "number": return Object.is(value, -0) ? "-0" : String(value);
    case "bigint": return String(value).slice(0, 300) + "n";
    case "symbol": return String(value);
    case "function": return "function";
    case "object": break;
    default: return String(value);
  }
  if (value === null) return "null";
  if (value instanceof Error) return MESSAGES ? `${value.name}: ${value.message}` : value.name;
  if (value instanceof Promise) return "Promise";
  if (types.isProxy(value)) return "Proxy";
  if (depth === 0) return "…";
  const list = (items) => items.slice(0, 40).map((item) => show(item, depth - 1)).join(", ");
  if (value instanceof Map) return `Map{${[...value].slice(0, 40).map((e) => list(e)).join("; ")}}`;
  if (value instanceof Set) return `Set{${list([...value])}}`;
  if (value instanceof RegExp || value instanceof Date) return String(value);
  if (ArrayBuffer.isView(value)) return `${value[Symbol.toStringTag]}[${list([...value])}]`;
  const own = [];
  for (const key of Reflect.ownKeys(value).slice(0, 40)) {
    const d = Object.getOwnPropertyDescriptor(value, key);
    if (Array.isArray(value) && key === "length") continue;
    const flags = (d.writable === false ? "r" : "") + (d.enumerable ? "" : "h") + (d.configurable ? "" : "p");
    own.push(`${String(key)}${flags && "~" + flags}: ${"value" in d ? show(d.value, depth - 1) : "accessor"}`);
  }
  if (Array.isArray(value)) return `[${value.length}| ${own.join(", ")}]`;
  return `{${own.join(", ")}}`;
};

const shown = (value) => {
  try {
    return show(value);
  } catch (error) {
    return `cannot be shown: ${error?.name}`;
  }
};

// Arrays in arrays that double at each turn would take all the memory there is: what programs keep is small.
const weigh = (value, left) => {
  if (Array.isArray(value)) for (let i = 0; i < value.length && left > 0; i++) left = weigh(value[i], left - 1);
  return left;
};
const cut = (array) => (weigh(array, 500) > 0 ? array.slice(0, 30) : []);

// Jobs that a program has queued run before the next one starts.
const pause = () => new Promise(setImmediate);

// What nobody waits for must not end the process, for the programs after it. Which of them it was is seen by where it is logged.
let rejected = () => {};
process.on("unhandledRejection", (error) => rejected(error));

(async () => {
  for (let index = 0; index < CASES.length; index++) {
    const lines = [];
    let digest = 0;
    const log = (...values) => {
      const line = values.map(shown).join(" ");
      if (lines.length < 100) lines.push(line);
      else for (let i = 0; i < line.length; i++) digest = (Math.imul(digest, 31) + line.charCodeAt(i)) | 0;
    };
    rejected = (error) => log("rejected", error);
    /(?:)/.test(""); // the static properties of RegExp
    try {
      await new Function("log", "cut", CASES[index])(log, cut);
    } catch (error) {
      log("threw", error);
    }
    await pause();
    console.log(`== ${index}\n${lines.join("\n")}\n${digest}`);
  }
})();
