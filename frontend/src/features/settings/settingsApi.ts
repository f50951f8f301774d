import { noticeAdded } from '../../lib/notices';
import { asProblem } from '../../lib/problem';
import { api as generated } from './settings.generated';

const settingsApi = generated.enhanceEndpoints({
  endpoints: {
    SetAnswerSettings: {
      /** Show a change at once, and take it back where the server does not. */
      async onQueryStarted({ guildId, ...wanted }, { dispatch, queryFulfilled }) {
        const show = (settings: typeof wanted) =>
          dispatch(
            settingsApi.util.updateQueryData('AnswerSettings', { guildId }, (draft) => {
              Object.assign(draft.guild.answerSettings, settings);
            }),
          );
        const shown = show(wanted);
        try {
          const { data } = await queryFulfilled;
          show(data.setAnswerSettings);
        } catch (failure) {
          shown.undo();
          const text = asProblem((failure as { error: unknown }).error).message;
          dispatch(noticeAdded({ tone: 'problem', text }));
        }
      },
    },
  },
});

export const { useAnswerSettingsQuery, useSetAnswerSettingsMutation } = settingsApi;
