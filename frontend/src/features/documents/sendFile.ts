import type { Outcome } from '../../lib/http';
import { problemOf, unreachable } from '../../lib/problem';

export interface StoredDocument {
  documentId: string;
  /** Of the document that holds these bytes: another than was sent, where they were there already. */
  title?: string;
  /** Whether they are new to the library. */
  isNew: boolean;
}

interface Upload {
  guildId: string;
  file: File;
  /** The document that this file is a new version of. */
  replaces: string | null;
  /** Told the share of the bytes sent, 0 to 1. */
  onProgress: (share: number) => void;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** PUT the file's bytes. XMLHttpRequest, because `fetch` reports no upload progress. */
export function sendFile({ guildId, file, replaces, onProgress }: Upload): Promise<Outcome<StoredDocument>> {
  const call = new XMLHttpRequest();
  const replacing = replaces === null ? '' : `&replaces=${encodeURIComponent(replaces)}`;
  call.open(
    'PUT',
    `/api/guilds/${encodeURIComponent(guildId)}/documents?name=${encodeURIComponent(file.name)}${replacing}`,
  );
  call.setRequestHeader('Content-Type', file.type || 'application/octet-stream');
  call.setRequestHeader('X-Lorekeeper', '1');
  call.upload.onprogress = ({ loaded, total }) => {
    onProgress(total > 0 ? loaded / total : 1);
  };
  return new Promise((resolve) => {
    call.onerror = () => {
      resolve({ error: unreachable });
    };
    call.onload = () => {
      const body = parse(call.responseText);
      const isStored = call.status >= 200 && call.status < 300;
      const stored = { ...(body as StoredDocument | null), isNew: call.status === 202 };
      resolve(isStored ? { data: stored as StoredDocument } : { error: problemOf(body, call.status) });
    };
    call.send(file);
  });
}
