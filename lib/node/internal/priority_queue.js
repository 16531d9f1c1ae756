'use strict';

/** Binary min-heap; `setPosition(item, index)` keeps items informed of their place so they can be removed. */
module.exports = class PriorityQueue {
  #heap = [undefined];
  #compare;
  #setPosition;

  constructor(comparator = (a, b) => a - b, setPosition = undefined) {
    this.#compare = comparator;
    this.#setPosition = setPosition;
  }

  get size() {
    return this.#heap.length - 1;
  }

  insert(value) {
    this.#heap.push(value);
    this.percolateUp(this.#heap.length - 1);
  }

  peek() {
    return this.#heap[1];
  }

  peekBottom() {
    return this.#heap.length > 1 ? this.#heap[this.#heap.length - 1] : undefined;
  }

  percolateDown(position) {
    const heap = this.#heap;
    const compare = this.#compare;
    const setPosition = this.#setPosition;
    const last = heap.length - 1;
    const item = heap[position];
    for (let child = position * 2; child <= last; child = position * 2) {
      if (child < last && compare(heap[child + 1], heap[child]) < 0) child++;
      if (compare(item, heap[child]) <= 0) break;
      heap[position] = heap[child];
      setPosition?.(heap[child], position);
      position = child;
    }
    heap[position] = item;
    setPosition?.(item, position);
  }

  percolateUp(position) {
    const heap = this.#heap;
    const compare = this.#compare;
    const setPosition = this.#setPosition;
    const item = heap[position];
    while (position > 1) {
      const parent = position >> 1;
      if (compare(heap[parent], item) <= 0) break;
      heap[position] = heap[parent];
      setPosition?.(heap[parent], position);
      position = parent;
    }
    heap[position] = item;
    setPosition?.(item, position);
  }

  removeAt(position) {
    const heap = this.#heap;
    const last = heap.pop();
    if (position >= heap.length) return;
    heap[position] = last;
    if (position > 1 && this.#compare(heap[position >> 1], last) > 0) this.percolateUp(position);
    else this.percolateDown(position);
  }

  shift() {
    const first = this.#heap[1];
    if (first === undefined) return undefined;
    this.removeAt(1);
    return first;
  }
};
