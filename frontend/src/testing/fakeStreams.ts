import { act } from '@testing-library/react';
import { vi } from 'vitest';

/** The streams a page has opened; a test tells through them what a server would. */
export class FakeStream extends EventTarget {
  static opened: FakeStream[] = [];

  onopen: () => void = () => undefined;
  onerror: () => void = () => undefined;
  isClosed = false;
  readonly path: string;

  constructor(path: string) {
    super();
    this.path = path;
    FakeStream.opened.push(this);
  }

  open(): void {
    act(() => {
      this.onopen();
    });
  }

  lose(): void {
    act(() => {
      this.onerror();
    });
  }

  tell(kind: string, data: unknown): void {
    act(() => {
      this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }));
    });
  }

  close(): void {
    this.isClosed = true;
  }
}

export function fakeStreams(): FakeStream[] {
  FakeStream.opened = [];
  vi.stubGlobal('EventSource', FakeStream);
  return FakeStream.opened;
}
