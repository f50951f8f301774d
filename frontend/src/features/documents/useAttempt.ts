import { useAppDispatch } from '../../app/hooks';
import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';

/** Run a mutation; what went wrong is told in a corner of the page. */
export function useAttempt() {
  const dispatch = useAppDispatch();
  return async (work: { unwrap: () => Promise<unknown> }): Promise<boolean> => {
    try {
      await work.unwrap();
      return true;
    } catch (error: unknown) {
      dispatch(noticeAdded({ tone: 'problem', text: asProblem(error).message }));
      return false;
    }
  };
}
