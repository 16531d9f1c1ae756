'use strict';

// A queue of fixed-size ring buffers in a linked list: no copying when it grows, no shifting when it is read.

const kSize = 2048;
const kMask = kSize - 1;

class Ring {
  constructor() {
    this.bottom = 0;
    this.top = 0;
    this.list = new Array(kSize).fill(undefined);
    this.next = null;
  }

  isFull() {
    return ((this.top + 1) & kMask) === this.bottom;
  }
}

module.exports = class FixedQueue {
  constructor() {
    this.head = this.tail = new Ring();
  }

  isEmpty() {
    const { tail } = this;
    return tail.top === tail.bottom;
  }

  push(data) {
    let { head } = this;
    if (head.isFull()) {
      head.next ??= new Ring();
      head = this.head = head.next;
    }
    head.list[head.top] = data;
    head.top = (head.top + 1) & kMask;
  }

  shift() {
    const { tail } = this;
    const item = tail.list[tail.bottom];
    if (item === undefined) return null;
    tail.list[tail.bottom] = undefined;
    tail.bottom = (tail.bottom + 1) & kMask;
    if (tail.top === tail.bottom && tail.next !== null) {
      this.tail = tail.next;
      tail.next = null;
    }
    return item;
  }
};
