// Inheritance, super calls, accessors, private members and statics.
class Shape {
  static count = 0;
  #id;
  constructor() {
    this.#id = Shape.count++;
  }
  get id() {
    return this.#id;
  }
  area() {
    return 0;
  }
  describe() {
    return this.area() + this.id;
  }
}
class Rectangle extends Shape {
  width = 1;
  height = 1;
  constructor(width, height) {
    super();
    this.width = width;
    this.height = height;
  }
  area() {
    return this.width * this.height;
  }
}
class Square extends Rectangle {
  constructor(side) {
    super(side, side);
  }
  describe() {
    return super.describe() + 1;
  }
}
let sum = 0;
for (let i = 0; i < 1000000; i++) {
  const shape = i % 3 === 0 ? new Square(i & 15) : i % 3 === 1 ? new Rectangle(i & 7, 2) : new Shape();
  sum = (sum + shape.describe() + (shape instanceof Rectangle ? 1 : 0)) | 0;
}
console.log('classes', sum, Shape.count);
