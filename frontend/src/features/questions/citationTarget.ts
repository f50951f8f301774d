import type { FullQuestionFragment } from './questions.generated';

export type Citation = FullQuestionFragment['citations'][number];

export type Target = { kind: 'page'; path: string } | { kind: 'elsewhere'; address: string; host: string };

/**
 * Where a citation leads: to a page of ours, or elsewhere by http(s) only; any other scheme leads nowhere.
 *
 * A link to the cited document counts as ours under any host: one Lorekeeper may be reached by several names.
 */
export function targetOf({ url, documentId }: Pick<Citation, 'url' | 'documentId'>): Target | null {
  const address = parse(url);
  if (!address || !['http:', 'https:'].includes(address.protocol)) return null;
  const isDocument = documentId !== null && address.pathname === `/documents/${documentId}`;
  const isOwnOrigin = address.origin === window.location.origin;
  if (isDocument || (isOwnOrigin && address.pathname.startsWith('/documents/'))) {
    return { kind: 'page', path: address.pathname + address.search };
  }
  // A source lives elsewhere; of our own pages a citation may only name documents.
  if (isOwnOrigin) return null;
  return { kind: 'elsewhere', address: address.href, host: address.host };
}

function parse(url: string): URL | null {
  try {
    return new URL(url, window.location.origin);
  } catch {
    return null;
  }
}
