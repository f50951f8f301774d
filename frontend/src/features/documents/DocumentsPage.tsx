import { useState } from 'react';

import { useAppDispatch } from '../../app/hooks';
import { Blank } from '../../components/Blank';
import { Button } from '../../components/Button';
import { DownloadLink } from '../../components/DownloadLink';
import { Opening } from '../../components/Opening';
import { formatAmount, formatCount } from '../../lib/format';
import { useGuild, useMayCurate } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { usePaging } from '../../lib/paging';
import { useSettled } from '../../lib/settled';
import { AddAddress } from './AddAddress';
import { DocumentList } from './DocumentList';
import type { DocumentsQuery } from './documents.generated';
import { useDocumentsQuery, useRetryFailedDocumentsMutation } from './documentsApi';
import css from './DocumentsPage.module.css';
import { DropZone } from './DropZone';
import { SearchBox } from './SearchBox';
import { isUnderWay } from './stages';
import { queueFiles } from './uploading';
import { UploadList } from './UploadList';
import { useAttempt } from './useAttempt';

const pageSize = 20;

function isPending({ guild }: DocumentsQuery): boolean {
  return guild.statistics.processingDocuments > 0 || guild.documents.nodes.some(isUnderWay);
}

export function DocumentsPage() {
  const guild = useGuild();
  const mayCurate = useMayCurate();
  const [typed, setTyped] = useState('');
  const search = useSettled(typed.trim());
  const { after, pagerOf } = usePaging(pageSize, search);
  const query = {
    guildId: guild.id,
    first: pageSize,
    after,
    search: search || null,
    listedBy: null,
    // A sitemap of a thousand pages is one row; who searches is shown all that matches.
    grouped: search === '',
  };
  const { data, error } = useLive(useDocumentsQuery, query, isPending);
  const statistics = data?.guild.statistics;
  const isEmpty = statistics?.documents === 0;
  return (
    <>
      <title>Documents · Lorekeeper</title>
      <header className={css.head}>
        <h1>Documents</h1>
        <p className={css.counts}>{statistics && sayCounts(statistics)}</p>
      </header>
      {mayCurate && <Intake isRoomy={isEmpty} />}
      <UploadList />
      {!data && <Opening title="Fetching the list…" error={error} />}
      {data && !isEmpty && (
        <section className={css.shelf} aria-label="All documents">
          <div className={css.tools}>
            <SearchBox value={typed} onChange={setTyped} />
            {mayCurate && <LibraryActions failed={data.guild.statistics.failedDocuments} />}
          </div>
          <DocumentList page={data.guild.documents} pager={pagerOf(data.guild.documents)} search={search} />
        </section>
      )}
      {isEmpty && !mayCurate && <NothingYet guildName={guild.name} />}
    </>
  );
}

/** The ways into the library. */
function Intake({ isRoomy }: { isRoomy: boolean }) {
  const guildId = useGuild().id;
  const dispatch = useAppDispatch();
  const [isAddingAddress, setIsAddingAddress] = useState(false);
  return (
    <>
      <DropZone
        isRoomy={isRoomy}
        onFiles={(files) => {
          dispatch(queueFiles(guildId, files));
        }}
      >
        <Button
          icon="globe"
          aria-expanded={isAddingAddress}
          onClick={() => {
            setIsAddingAddress(!isAddingAddress);
          }}
        >
          Add a web address
        </Button>
      </DropZone>
      {isAddingAddress && (
        <AddAddress
          onClose={() => {
            setIsAddingAddress(false);
          }}
        />
      )}
    </>
  );
}

/** What is done to the library as a whole. */
function LibraryActions({ failed }: { failed: number }) {
  const guildId = useGuild().id;
  const attempt = useAttempt();
  const [retryAll, { isLoading }] = useRetryFailedDocumentsMutation();
  return (
    <div className={css.actions}>
      {failed > 1 && (
        <Button icon="retry" disabled={isLoading} onClick={() => void attempt(retryAll({ guildId }))}>
          Try all {formatCount(failed)} failed again
        </Button>
      )}
      <DownloadLink href={`/api/guilds/${guildId}/export`}>Download all</DownloadLink>
    </div>
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
  documents,
}: DocumentsQuery['guild']['statistics']): string {
  if (documents === 0) return '';
  const parts = [`${formatAmount(readyDocuments, 'document')} ready`];
  if (processingDocuments > 0) parts.push(`${String(processingDocuments)} being read`);
  if (failedDocuments > 0) parts.push(`${String(failedDocuments)} failed`);
  return parts.join(' · ');
}
