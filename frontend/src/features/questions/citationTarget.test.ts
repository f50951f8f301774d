import { expect, test } from 'vitest';

import { targetOf } from './citationTarget';

const own = window.location.origin;

test.each([
  [
    'our document by our address',
    `${own}/documents/d1?passage=4`,
    'd1',
    { kind: 'page', path: '/documents/d1?passage=4' },
  ],
  [
    'our document by another name of this host',
    'http://lore.example/documents/d1?passage=4',
    'd1',
    { kind: 'page', path: '/documents/d1?passage=4' },
  ],
  ['a path of ours', '/documents/d1?passage=0', 'd1', { kind: 'page', path: '/documents/d1?passage=0' }],
  [
    'a source on the web',
    'https://seeds.example/a?b=1',
    null,
    { kind: 'elsewhere', address: 'https://seeds.example/a?b=1', host: 'seeds.example' },
  ],
  [
    'a page that only looks like ours',
    'https://seeds.example/documents/d2',
    'd1',
    { kind: 'elsewhere', address: 'https://seeds.example/documents/d2', host: 'seeds.example' },
  ],
  ['our sign-out, which is no document', `${own}/auth/sign-out`, null, null],
  ['a script', 'javascript:alert(1)', null, null],
  ['a script with a tab in it', 'java\tscript:alert(1)', null, null],
  ['data', 'data:text/html,<script>alert(1)</script>', null, null],
  ['a file', 'file:///etc/passwd', null, null],
  ['nonsense', 'http://', null, null],
])('leads %s where it may', (_, url, documentId, target) => {
  expect(targetOf({ url, documentId })).toEqual(target);
});
