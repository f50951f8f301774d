import { useState } from 'react';

export interface Page {
  endCursor: string | null;
  hasNextPage: boolean;
  totalCount: number;
  nodes: unknown[];
}

/**
 * Walk through a connection page by page, both ways: the cursors passed so far lead back.
 *
 * A change of `scope` (another search, another guild) starts over.
 */
export function usePaging(size: number, scope: string) {
  const [trail, setTrail] = useState<{ scope: string; cursors: string[] }>({ scope, cursors: [] });
  const cursors = trail.scope === scope ? trail.cursors : [];
  const walk = (next: string[]) => {
    setTrail({ scope, cursors: next });
  };
  const pagerOf = ({ endCursor, hasNextPage, totalCount, nodes }: Page) => ({
    hasNewer: cursors.length > 0,
    hasOlder: hasNextPage && endCursor !== null,
    onNewer: () => {
      walk(cursors.slice(0, -1));
    },
    onOlder: () => {
      if (endCursor !== null) walk([...cursors, endCursor]);
    },
    summary: `${String(cursors.length * size + Math.min(1, nodes.length))}–${String(cursors.length * size + nodes.length)} of ${String(totalCount)}`,
  });
  return { after: cursors.at(-1) ?? null, pagerOf };
}
