'use strict';

// Histograms with a bounded relative error: values are counted in buckets of a power of two, each cut into 2^k parts.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE } } = require('internal/errors');
const { validateInteger, validateNumber, validateObject } = require('internal/validators');

const kCreate = Symbol('kCreate');
const kEmptyMin = 9223372036854776000;

class Histogram {
  #counts = new Map();
  #precision;
  #count = 0;
  #exceeds = 0;
  #min = Infinity;
  #max = 0;
  #sum = 0;
  #sumOfSquares = 0;
  #highest;
  #lowest;

  constructor(token, { lowest = 1, highest = Number.MAX_SAFE_INTEGER, figures = 3 } = {}) {
    if (token !== kCreate) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#lowest = lowest;
    this.#highest = highest;
    this.#precision = 2 ** Math.ceil(Math.log2(2 * 10 ** figures));
  }

  // The highest value that counts as equal to `value`.
  #bucket(value) {
    if (value < this.#precision) return value;
    const width = 2 ** (Math.floor(Math.log2(value)) - Math.log2(this.#precision) + 1);
    return Math.floor(value / width) * width + width - 1;
  }

  _record(value, times = 1) {
    if (value > this.#highest) {
      this.#exceeds += times;
      return;
    }
    value = Math.max(value, this.#lowest);
    const key = this.#bucket(value);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + times);
    this.#count += times;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    this.#sum += value * times;
    this.#sumOfSquares += value * value * times;
  }

  _merge(other) {
    for (const [value, times] of other.#counts) this._record(value, times);
  }

  get count() {
    return this.#count;
  }

  get countBigInt() {
    return BigInt(this.#count);
  }

  get exceeds() {
    return this.#exceeds;
  }

  get exceedsBigInt() {
    return BigInt(this.#exceeds);
  }

  get min() {
    return this.#count === 0 ? kEmptyMin : this.#min;
  }

  get minBigInt() {
    return this.#count === 0 ? 9223372036854775807n : BigInt(this.#min);
  }

  get max() {
    return this.#max;
  }

  get maxBigInt() {
    return BigInt(this.#max);
  }

  get mean() {
    return this.#count === 0 ? NaN : this.#sum / this.#count;
  }

  get stddev() {
    if (this.#count === 0) return NaN;
    const { mean } = this;
    return Math.sqrt(Math.max(0, this.#sumOfSquares / this.#count - mean * mean));
  }

  percentile(percentile) {
    validateNumber(percentile, 'percentile');
    if (Number.isNaN(percentile) || percentile <= 0 || percentile > 100) {
      throw new ERR_OUT_OF_RANGE('percentile', '> 0 && <= 100', percentile);
    }
    if (this.#count === 0) return 0;
    const wanted = Math.max(1, Math.ceil((percentile / 100) * this.#count));
    let seen = 0;
    for (const key of [...this.#counts.keys()].sort((a, b) => a - b)) {
      seen += this.#counts.get(key);
      if (seen >= wanted) return Math.min(key, this.#max);
    }
    return this.#max;
  }

  percentileBigInt(percentile) {
    return BigInt(this.percentile(percentile));
  }

  get percentiles() {
    const result = new Map();
    if (this.#count === 0) return new Map([[100, 0]]);
    for (let p = 0, step = 50; p < 100 && step > 0.1; p += step, step /= 2) result.set(p, this.percentile(p || 0.001));
    result.set(100, this.#max);
    return result;
  }

  get percentilesBigInt() {
    return new Map([...this.percentiles].map(([key, value]) => [key, BigInt(value)]));
  }

  reset() {
    this.#counts.clear();
    this.#count = this.#exceeds = this.#max = this.#sum = this.#sumOfSquares = 0;
    this.#min = Infinity;
  }

  toJSON() {
    const { count, min, max, mean, exceeds, stddev, percentiles } = this;
    return { count, min, max, mean, exceeds, stddev, percentiles: Object.fromEntries(percentiles) };
  }
}

class RecordableHistogram extends Histogram {
  #last;

  record(value) {
    if (typeof value === 'bigint') value = Number(value);
    validateInteger(value, 'val', 1);
    this._record(value);
  }

  recordDelta() {
    const time = process.hrtime.bigint();
    if (this.#last !== undefined) this._record(Math.max(1, Number(time - this.#last)));
    this.#last = time;
  }

  add(other) {
    if (!(other instanceof RecordableHistogram)) throw new ERR_INVALID_ARG_TYPE('other', 'RecordableHistogram', other);
    this._merge(other);
  }
}

class IntervalHistogram extends Histogram {
  #resolution;
  #timer;

  constructor(token, resolution) {
    super(token, { lowest: 1, highest: 3_600_000_000_000 });
    this.#resolution = resolution;
  }

  enable() {
    if (this.#timer !== undefined) return false;
    const { setInterval } = require('timers');
    let last = process.hrtime.bigint();
    this.#timer = setInterval(() => {
      const time = process.hrtime.bigint();
      this._record(Math.max(1, Number(time - last)));
      last = time;
    }, this.#resolution).unref();
    return true;
  }

  disable() {
    if (this.#timer === undefined) return false;
    require('timers').clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }

  [Symbol.dispose]() {
    this.disable();
  }
}

function createHistogram(options = {}) {
  validateObject(options, 'options');
  const { lowest = 1, highest = Number.MAX_SAFE_INTEGER, figures = 3 } = options;
  const low = Number(lowest);
  validateInteger(low, 'options.lowest', 1, Number.MAX_SAFE_INTEGER);
  const high = Number(highest);
  validateInteger(high, 'options.highest', 2 * low, Number.MAX_SAFE_INTEGER);
  validateInteger(figures, 'options.figures', 1, 5);
  return new RecordableHistogram(kCreate, { lowest: low, highest: high, figures });
}

function monitorEventLoopDelay(options = {}) {
  validateObject(options, 'options');
  const { resolution = 10 } = options;
  validateInteger(resolution, 'options.resolution', 1);
  return new IntervalHistogram(kCreate, resolution);
}

module.exports = { createHistogram, monitorEventLoopDelay };
