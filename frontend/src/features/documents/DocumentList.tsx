import type { ComponentProps } from 'react';

import { Blank } from '../../components/Blank';
import { Pager } from '../../components/Pager';
import { DocumentRow } from './DocumentRow';
import type { DocumentsQuery } from './documents.generated';

interface DocumentListProps {
  page: DocumentsQuery['guild']['documents'];
  pager: Omit<ComponentProps<typeof Pager>, 'label'>;
  search: string;
  /** Whether these are the pages of one list. */
  areListed?: boolean;
}

export function DocumentList({ page, pager, search, areListed = false }: DocumentListProps) {
  if (page.nodes.length === 0) {
    return (
      <Blank title={search ? `Nothing is named like “${search}”` : 'Nothing on this page any more'}>
        {search
          ? 'The search looks at titles and file names. Try a shorter part of the name.'
          : 'Go back to the newer ones.'}
      </Blank>
    );
  }
  return (
    <>
      <ul role="list" aria-label="Documents">
        {page.nodes.map((document) => (
          <DocumentRow key={document.id} document={document} isAmongListed={areListed} />
        ))}
      </ul>
      <Pager label="Pages of documents" {...pager} />
    </>
  );
}
