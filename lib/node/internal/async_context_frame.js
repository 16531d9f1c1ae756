'use strict';

// Binding contract:
//   async_context_frame.get() -> current frame (undefined at first); async_context_frame.set(frame).
//   The engine saves the frame with every promise reaction and microtask and restores it around them.

const { get, set } = internalBinding('async_context_frame');

/**
 * The values of all AsyncLocalStorage instances at one point of a program. Frames are never changed, only
 * replaced: `new AsyncContextFrame(storage, value)` is the current one with one value more.
 */
class AsyncContextFrame extends Map {
  constructor(storage, value) {
    super(get());
    super.set(storage, value);
  }

  /** False until a program makes an AsyncLocalStorage; callers then need not save and restore frames. */
  static enabled = false;

  static current() {
    return AsyncContextFrame.enabled ? get() : undefined;
  }

  static set(frame) {
    if (AsyncContextFrame.enabled) set(frame);
  }

  /** Makes `frame` current and returns the one before. */
  static exchange(frame) {
    if (!AsyncContextFrame.enabled) return undefined;
    const prior = get();
    if (prior !== frame) set(frame);
    return prior;
  }

  disable(storage) {
    super.delete(storage);
  }
}

module.exports = AsyncContextFrame;
