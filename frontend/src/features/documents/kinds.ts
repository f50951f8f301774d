const office = 'application/vnd.openxmlformats-officedocument';

interface Kind {
  /** In a reader's words. */
  words: string;
  /** On the back of the volume: four letters at most. */
  badge: string;
}

const kinds: Record<string, Kind> = {
  'text/markdown': { words: 'Markdown', badge: 'MD' },
  'text/plain': { words: 'Plain text', badge: 'TXT' },
  'text/html': { words: 'Web page', badge: 'HTML' },
  'application/pdf': { words: 'PDF', badge: 'PDF' },
  [`${office}.wordprocessingml.document`]: { words: 'Word document', badge: 'DOCX' },
  [`${office}.presentationml.presentation`]: { words: 'PowerPoint presentation', badge: 'PPTX' },
  [`${office}.spreadsheetml.sheet`]: { words: 'Excel workbook', badge: 'XLSX' },
  'application/vnd.ms-excel': { words: 'Excel workbook', badge: 'XLS' },
  'text/csv': { words: 'Table (CSV)', badge: 'CSV' },
  'application/json': { words: 'JSON', badge: 'JSON' },
  'application/epub+zip': { words: 'E-book (EPUB)', badge: 'EPUB' },
  'text/x-source': { words: 'Source code', badge: 'CODE' },
  'application/sitemap+xml': { words: 'Sitemap', badge: 'LIST' },
  'text/uri-list': { words: 'List of web addresses', badge: 'LIST' },
};

const lists = new Set(['application/sitemap+xml', 'text/uri-list']);

interface Source {
  mediaType: string;
  sourceName: string;
  origin: string;
}

export function sayKind(mediaType: string): string | null {
  return kinds[mediaType]?.words ?? null;
}

/** Whether a document only names others, each of which is a document of its own. */
export function isList({ mediaType }: Pick<Source, 'mediaType'>): boolean {
  return lists.has(mediaType);
}

/** What stands on a document's back; before it is read, what its name says. */
export function badgeOf({ mediaType, sourceName, origin }: Source): string {
  const known = kinds[mediaType]?.badge;
  if (known) return known;
  const ending = origin === 'url' ? undefined : /\.(\w{1,4})$/.exec(sourceName)?.[1];
  return ending?.toUpperCase() ?? (origin === 'url' ? 'WEB' : 'DOC');
}

const endings =
  'md markdown txt html htm pdf docx pptx xlsx xls csv tsv json jsonl ipynb epub rst adoc py js ts jsx tsx java kt go rs c h cpp cs rb php swift scala sh sql toml yaml yml xml css';

/** For the file chooser; the server judges by what is in a file. */
export const accepted = ['text/*', ...endings.split(' ').map((ending) => `.${ending}`)].join(',');

export const originWords: Record<string, string> = {
  upload: 'uploaded',
  discord: 'from Discord',
  cli: 'from the command line',
  sample: 'sample',
  url: 'from the web',
};

export const refreshChoices: [hours: number | null, words: string][] = [
  [null, 'Never'],
  [1, 'Every hour'],
  [24, 'Every day'],
  [168, 'Every week'],
  [720, 'Every 30 days'],
];
