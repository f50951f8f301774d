import type { Outcome } from '../../lib/http';
import { problemOf, unreachable } from '../../lib/problem';

export interface StoredDocument {
  documentId: string;
  /** `ready` at once: the same bytes were there already. */
  status: string;
}

interface Upload {
  guildId: string;
  file: File;
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
export function sendFile({ guildId, file, onProgress }: Upload): Promise<Outcome<StoredDocument>> {
  const call = new XMLHttpRequest();
  call.open(
    'PUT',
    `/api/guilds/${encodeURIComponent(guildId)}/documents?name=${encodeURIComponent(file.name)}`,
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
      resolve(isStored ? { data: body as StoredDocument } : { error: problemOf(body) });
    };
    call.send(file);
  });
}
