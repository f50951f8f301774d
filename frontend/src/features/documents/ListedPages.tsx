import { Opening } from '../../components/Opening';
import { useGuild } from '../../lib/guild';
import { useLive } from '../../lib/live';
import { usePaging } from '../../lib/paging';
import { DocumentList } from './DocumentList';
import type { DocumentsQuery } from './documents.generated';
import { useDocumentsQuery } from './documentsApi';
import css from './ListedPages.module.css';
import { isUnderWay } from './stages';

const pageSize = 20;

function isPending({ guild }: DocumentsQuery): boolean {
  return guild.documents.nodes.some(isUnderWay);
}

/** The pages that a sitemap or a list of addresses named. */
export function ListedPages({ listId }: { listId: string }) {
  const guildId = useGuild().id;
  const { after, pagerOf } = usePaging(pageSize, listId);
  const query = { guildId, first: pageSize, after, search: null, listedBy: listId, grouped: false };
  const { data, error } = useLive(useDocumentsQuery, query, isPending);
  if (!data) return <Opening title="Fetching the pages…" error={error} />;
  const { documents } = data.guild;
  if (documents.totalCount === 0) return null;
  return (
    <section className={css.pages} aria-label="Pages it lists">
      <h2>Pages it lists</h2>
      <DocumentList page={documents} pager={pagerOf(documents)} search="" areListed />
    </section>
  );
}
