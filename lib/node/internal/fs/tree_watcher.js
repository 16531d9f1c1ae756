'use strict';

// fs.watch() with `recursive`: inotify knows of one directory at a time, so each of the tree has a watcher.

const path = require('path');
const fs = require('fs');
const { Buffer } = require('buffer');

/** Has the interface of the binding's FSEvent. */
class TreeHandle {
  onchange = undefined;
  // By path from the root: the directories that are watched.
  #handles = new Map();
  #root = '';
  #persistent = true;
  #encoding = 'utf8';

  start(root, persistent, recursive, encoding) {
    this.#root = String(root);
    this.#persistent = persistent;
    this.#encoding = encoding;
    return this.#add('', false);
  }

  /** Watches a directory and those in it. One that has appeared may have got entries before it was watched. */
  #add(name, isNew) {
    const { FSEvent } = internalBinding('fs_event_wrap');
    const full = path.join(this.#root, name);
    const handle = new FSEvent();
    handle.onchange = (status, eventType, entry) => this.#onchange(name, status, eventType, entry);
    const status = handle.start(full, this.#persistent, false, 'utf8');
    if (status) {
      handle.close();
      return status;
    }
    this.#handles.set(name, handle);
    let entries;
    try {
      entries = fs.readdirSync(full, { withFileTypes: true });
    } catch {
      // It is gone again, or may not be read.
      return 0;
    }
    for (const entry of entries) {
      const child = path.join(name, entry.name);
      if (isNew) this.#tell('rename', child);
      // A listener may have closed the watcher.
      if (this.#handles.size === 0) return 0;
      if (entry.isDirectory()) this.#add(child, isNew);
    }
    return 0;
  }

  #onchange(directory, status, eventType, entry) {
    if (status < 0) {
      if (directory === '') this.onchange(status, eventType, entry);
      else this.#drop(directory);
      return;
    }
    if (entry === null) return this.#tell(eventType, directory);
    const child = path.join(directory, entry);
    const stats = fs.lstatSync(path.join(this.#root, child), { throwIfNoEntry: false });
    if (stats === undefined) {
      // A directory's own end, which the watcher above it reports.
      if (directory !== '' && entry === path.basename(directory) && !this.#handles.has(child)) return;
      this.#drop(child);
      this.#tell(eventType, child);
      return;
    }
    this.#tell(eventType, child);
    if (stats.isDirectory() && !this.#handles.has(child) && this.#handles.size > 0) this.#add(child, true);
  }

  #tell(eventType, name) {
    const text = this.#encoding === 'utf8' || this.#encoding === undefined ? name : Buffer.from(name);
    this.onchange(0, eventType, typeof text === 'string' || this.#encoding === 'buffer' ? text : text.toString(this.#encoding));
  }

  /** What is gone is not watched any more. */
  #drop(name) {
    for (const [watched, handle] of this.#handles) {
      if (watched !== name && !watched.startsWith(`${name}${path.sep}`)) continue;
      this.#handles.delete(watched);
      handle.close();
    }
  }

  close() {
    for (const handle of this.#handles.values()) handle.close();
    this.#handles.clear();
  }

  ref() {
    for (const handle of this.#handles.values()) handle.ref();
    this.#persistent = true;
  }

  unref() {
    for (const handle of this.#handles.values()) handle.unref();
    this.#persistent = false;
  }
}

module.exports = { TreeHandle };
