import { useAppDispatch } from '../../app/hooks';
import { Button } from '../../components/Button';
import { api } from '../../lib/api';
import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';
import css from './Account.module.css';
import { useSignOutMutation, useViewerQuery } from './sessionApi';

/** Who is signed in, and the way out. */
export function Account() {
  const dispatch = useAppDispatch();
  const { data } = useViewerQuery();
  const [signOut, { isLoading }] = useSignOutMutation();
  const leave = async () => {
    try {
      await signOut().unwrap();
      dispatch(api.util.resetApiState());
    } catch (error) {
      dispatch(noticeAdded({ tone: 'problem', text: asProblem(error).message }));
    }
  };
  return (
    <div className={css.account}>
      <span className={css.name}>{data?.viewer.name}</span>
      <Button look="quiet" className={css.leave ?? ''} disabled={isLoading} onClick={() => void leave()}>
        Sign out
      </Button>
    </div>
  );
}
