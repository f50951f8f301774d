import type { TypedUseQuery } from '@reduxjs/toolkit/query/react';
import { useEffect, useEffectEvent, useState } from 'react';

import type { GraphQLBaseQuery } from './api';

const busyInterval = 1_000;
const calmInterval = 5_000;

/**
 * Keep a query fresh: every second while `isPending` says that something is under way, else every five.
 *
 * This file is the only place that knows how live data arrives. Polling pauses while the tab is hidden.
 */
export function useLive<Data, Argument>(
  useQuery: TypedUseQuery<Data, Argument, GraphQLBaseQuery>,
  argument: NoInfer<Argument>,
  isPending: (data: Data) => boolean,
) {
  const [isBusy, setIsBusy] = useState(false);
  const pollingInterval = isBusy ? busyInterval : calmInterval;
  const result = useQuery(argument, { pollingInterval, skipPollingIfUnfocused: true });
  const isBusyNow = result.currentData !== undefined && isPending(result.currentData);
  if (isBusyNow !== isBusy) setIsBusy(isBusyNow);
  return result;
}

/**
 * Listen to a stream of server-sent events while there is a path; tell whether it is open.
 *
 * The browser connects again by itself. Where it may not or cannot, the caller polls: what a stream tells
 * stands in a row that can be read.
 */
export function useStream(
  path: string | null,
  kinds: readonly string[],
  onEvent: (kind: string, data: unknown) => void,
): boolean {
  const [openPath, setOpenPath] = useState<string | null>(null);
  const listen = useEffectEvent((source: EventSource) => {
    for (const kind of kinds) {
      source.addEventListener(kind, ({ data }: MessageEvent<string>) => {
        onEvent(kind, JSON.parse(data));
      });
    }
  });
  useEffect(() => {
    if (path === null) return;
    const source = new EventSource(path);
    source.onopen = () => {
      setOpenPath(path);
    };
    source.onerror = () => {
      setOpenPath(null);
    };
    listen(source);
    return () => {
      source.close();
    };
  }, [path]);
  return path !== null && path === openPath;
}
