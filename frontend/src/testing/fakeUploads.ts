import { vi } from 'vitest';

/** The uploads a page has begun; a test moves each of them on by hand. */
export class FakeUpload {
  static begun: FakeUpload[] = [];

  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  onload: () => void = () => undefined;
  onerror: () => void = () => undefined;
  status = 0;
  responseText = '';
  method = '';
  url = '';
  headers: Record<string, string> = {};

  open(method: string, url: string): void {
    Object.assign(this, { method, url });
  }

  setRequestHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  send(): void {
    FakeUpload.begun.push(this);
  }

  progress(loaded: number, total: number): void {
    this.upload.onprogress?.({ loaded, total });
  }

  finish(status: number, body: unknown): void {
    Object.assign(this, { status, responseText: JSON.stringify(body) });
    this.onload();
  }
}

export function fakeUploads(): FakeUpload[] {
  FakeUpload.begun = [];
  vi.stubGlobal('XMLHttpRequest', FakeUpload);
  return FakeUpload.begun;
}
