export const statistics = {
  documents: 3,
  readyDocuments: 2,
  processingDocuments: 0,
  failedDocuments: 1,
  passages: 1204,
  questions: 5,
  answered: 3,
  refused: 1,
  failed: 1,
  pending: 0,
  medianAnswerMilliseconds: 1380,
  questionsPerDay: [
    { day: '2026-03-08', answered: 1, refused: 1, failed: 0 },
    { day: '2026-03-09', answered: 2, refused: 0, failed: 1 },
  ],
};

const moment = '2026-03-09T12:00:00Z';

export const document = {
  id: 'd1',
  title: 'Seed library',
  sourceName: 'seeds.md',
  sourceUrl: null as string | null,
  origin: 'upload',
  language: 'en' as string | null,
  versionNumber: 1,
  status: 'READY',
  statusReason: null as string | null,
  progress: { stage: 'ready', done: 1, total: 1, percent: 100 },
  pages: null,
  passageCount: 60,
  sizeBytes: 7_410,
  mediaType: 'text/markdown',
  searchable: true,
  currentVersionNumber: 1 as number | null,
  probeRank: 1 as number | null,
  refreshHours: null as number | null,
  checkedAt: null as string | null,
  nextRefreshAt: null as string | null,
  tags: [] as string[],
  listedBy: null as string | null,
  createdAt: moment,
  updatedAt: moment,
};

export const question = {
  id: 'q1',
  text: 'How many packets may I borrow?',
  origin: 'discord',
  status: 'ANSWERED',
  stage: 'ENDED',
  place: null as number | null,
  partial: null as string | null,
  isStopped: false,
  isOwn: false,
  conversation: null as string | null,
  answer: 'Up to **five** packets. [1]' as string | null,
  answerKind: 'MODEL' as string | null,
  fallback: null as string | null,
  isCached: false,
  failureReason: null as string | null,
  citations: [
    {
      number: 1,
      title: 'Seed library',
      location: 'seeds.md › Borrowing',
      url: 'http://lore.example/documents/d1?passage=4',
      quote: 'Each household may borrow up to five packets.',
      documentId: 'd1' as string | null,
    },
  ],
  timings: [{ stage: 'search', milliseconds: 38 }],
  askedAt: moment,
  answeredAt: '2026-03-09T12:00:02Z',
};

export function page(nodes: unknown[]) {
  return { nodes, totalCount: nodes.length, endCursor: null, hasNextPage: false };
}
