import '@testing-library/jest-dom/vitest';

import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach, expect, vi } from 'vitest';

// jsdom draws nothing, so it has no dialogs, no scrolling and no media.
HTMLDialogElement.prototype.showModal = function show() {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close() {
  this.open = false;
  this.dispatchEvent(new Event('close'));
};
Element.prototype.scrollIntoView = () => undefined;
window.scrollTo = () => undefined;
window.matchMedia = (media) => Object.assign(new EventTarget(), { matches: false, media }) as MediaQueryList;

/** jsdom has no streams either: one that never opens leaves pages to poll. */
class ClosedStream extends EventTarget {
  close(): void {
    this.dispatchEvent(new Event('closed'));
  }
}

let complaints: unknown[][] = [];

beforeEach(() => {
  complaints = [];
  vi.stubGlobal('EventSource', ClosedStream);
  vi.spyOn(console, 'error').mockImplementation((...words) => complaints.push(words));
});

afterEach(() => {
  cleanup();
  localStorage.clear();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  expect(complaints, 'what React complained about').toEqual([]);
});
