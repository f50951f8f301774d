import { useState } from 'react';

import { useAppDispatch } from '../../app/hooks';
import { Blank } from '../../components/Blank';
import { Opening } from '../../components/Opening';
import { formatAmount } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { usePaging } from '../../lib/paging';
import { useSettled } from '../../lib/settled';
import { DocumentList } from './DocumentList';
import type { DocumentsQuery } from './documents.generated';
import { useDocumentsQuery } from './documentsApi';
import css from './DocumentsPage.module.css';
import { DropZone } from './DropZone';
import { SearchBox } from './SearchBox';
import { isUnderWay } from './stages';
import { queueFiles } from './uploading';
import { UploadList } from './UploadList';

const pageSize = 20;

function isPending({ guild }: DocumentsQuery): boolean {
  return guild.statistics.processingDocuments > 0 || guild.documents.nodes.some(isUnderWay);
}

export function DocumentsPage() {
  const guild = useGuild();
  const mayCurate = useMayCurate();
  const dispatch = useAppDispatch();
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim());
  const { after, pagerOf } = usePaging(pageSize, search);
  const query = { guildId: guild.id, first: pageSize, after, search: search || null };
  const { data, error } = useLive(useDocumentsQuery, query, isPending);
  const statistics = data?.guild.statistics;
  const isEmpty = statistics?.documents === 0;
  return (
    <>
      <title>Documents · Lorekeeper</title>
      <header className={css.head}>
        <h1>Documents</h1>
        <p className={css.counts}>{statistics && !isEmpty && sayCounts(statistics)}</p>
      </header>
      {mayCurate && (
        <DropZone
          isRoomy={isEmpty}
          onFiles={(files) => {
            dispatch(queueFiles(guild.id, files));
          }}
        />
      )}
      <UploadList />
      {!data && <Opening title="Fetching the list…" error={error} />}
      {data && !isEmpty && (
        <section className={css.shelf} aria-label="All documents">
          <SearchBox value={typed} onChange={setTyped} />
          <DocumentList page={data.guild.documents} pager={pagerOf(data.guild.documents)} search={search} />
        </section>
      )}
      {isEmpty && !mayCurate && <NothingYet guildName={guild.name} />}
    </>
  );
}

function NothingYet({ guildName }: { guildName: string }) {
  return (
    <Blank title="No documents yet">
      A moderator of {guildName} can add them on this page or on Discord.
    </Blank>
  );
}

function sayCounts({
  readyDocuments,
  processingDocuments,
  failedDocuments,
}: DocumentsQuery['guild']['statistics']): string {
  const parts = [`${formatAmount(readyDocuments, 'document')} ready`];
  if (processingDocuments > 0) parts.push(`${String(processingDocuments)} being read`);
  if (failedDocuments > 0) parts.push(`${String(failedDocuments)} failed`);
  return parts.join(' · ');
}
