import type { TypedUseQuery } from '@reduxjs/toolkit/query/react';
import { useState } from 'react';

import type { GraphQLBaseQuery } from './api';

const busyInterval = 1_000;
const calmInterval = 5_000;

/**
 * Keep a query fresh: every second while `isPending` says that something is under way, else every five.
 *
 * This is the only place that knows how live data arrives; a subscription would replace it here.
 * Polling pauses while the tab is hidden.
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
