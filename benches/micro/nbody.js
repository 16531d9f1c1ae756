// Floating-point arithmetic on object fields: bodies under gravity.
function body(x, y, z, vx, vy, vz, mass) {
  return { x, y, z, vx, vy, vz, mass };
}
const bodies = [];
for (let i = 0; i < 5; i++) {
  bodies.push(body(i * 1.7, 3 - i, i * i * 0.3, 0.01 * i, 0.2 - 0.03 * i, 0.005 * (i - 2), i === 0 ? 39.5 : 0.03 * i));
}
function advance(step) {
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    for (let k = i + 1; k < bodies.length; k++) {
      const b = bodies[k];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      const distance = dx * dx + dy * dy + dz * dz + 0.01;
      const force = step / (distance * Math.sqrt(distance));
      a.vx -= dx * b.mass * force;
      a.vy -= dy * b.mass * force;
      a.vz -= dz * b.mass * force;
      b.vx += dx * a.mass * force;
      b.vy += dy * a.mass * force;
      b.vz += dz * a.mass * force;
    }
  }
  for (const b of bodies) {
    b.x += step * b.vx;
    b.y += step * b.vy;
    b.z += step * b.vz;
  }
}
for (let i = 0; i < 250000; i++) advance(0.001);
console.log('nbody', bodies.map((b) => b.x.toFixed(6)).join(' '));
