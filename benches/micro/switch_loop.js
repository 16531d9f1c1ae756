// A byte-code interpreter in JavaScript: switch, arrays, integers.
const program = [0, 0, 1, 1, 2, 3, 4, 5, 6, 0];
function run(steps) {
  let accumulator = 1;
  let register = 7;
  let at = 0;
  for (let n = 0; n < steps; n++) {
    switch (program[at]) {
      case 0:
        accumulator = (accumulator + register) | 0;
        break;
      case 1:
        register = (register ^ accumulator) & 0xff;
        break;
      case 2:
        accumulator = (accumulator << 1) | (accumulator >>> 31);
        break;
      case 3:
        if (accumulator & 1) at++;
        break;
      case 4:
        register = register % 13;
        break;
      case 5:
        accumulator = accumulator - register;
        break;
      default:
        register++;
    }
    if (++at >= program.length) at = 0;
  }
  return accumulator;
}
console.log('switch_loop', run(20000000));
