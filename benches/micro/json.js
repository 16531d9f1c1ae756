// JSON out and in.
const data = {
  users: Array.from({ length: 300 }, (_, id) => ({
    id,
    name: `user "${id}"`,
    email: `user${id}@example.com`,
    active: id % 3 === 0,
    score: id * 1.5,
    tags: ['x', 'y\n', 'ü'],
    nested: { a: null, b: [1, 2, [3]] },
  })),
};
let length = 0;
let sum = 0;
for (let i = 0; i < 60; i++) {
  const text = JSON.stringify(data);
  length += text.length;
  for (const user of JSON.parse(text).users) sum += user.score;
}
console.log('json', length, sum, JSON.stringify(data.users[1], null, 2).length);
