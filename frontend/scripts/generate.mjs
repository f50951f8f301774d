/**
 * Writes beside every `.graphql` file its types and endpoints: `x.graphql` → `x.generated.ts`.
 * With `--check` nothing is written, and a stale file is an error.
 *
 * The plugins are called through @graphql-codegen/core: the command line of the same project
 * brings two hundred more packages and does nothing else for us.
 */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { codegen } from '@graphql-codegen/core';
import * as operations from '@graphql-codegen/typescript-operations';
import * as rtkQuery from '@graphql-codegen/typescript-rtk-query';
import { buildASTSchema, parse } from 'graphql';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'src');
const schema = parse(readFileSync(join(root, 'schema.graphql'), 'utf8'));

const header = '/* Written by `npm run generate`; do not edit. */\n\n';
const config = {
  scalars: { DateTime: 'string', ID: 'string' },
  useTypeImports: true,
};

async function render(path) {
  const document = parse(readFileSync(path, 'utf8'));
  const target = path.replace(/\.graphql$/, '.generated.ts');
  const base = relative(dirname(target), join(source, 'lib', 'api')).replaceAll('\\', '/');
  const text = await codegen({
    filename: target,
    schema,
    schemaAst: buildASTSchema(schema),
    documents: [{ location: path, document }],
    config: { ...config, importBaseApiFrom: base },
    plugins: [{ operations: {} }, { rtkQuery: {} }],
    pluginMap: { operations, rtkQuery },
  });
  return { target, text: header + text };
}

function isCurrent({ target, text }) {
  return existsSync(target) && readFileSync(target, 'utf8') === text;
}

const paths = readdirSync(source, { recursive: true })
  .filter((name) => name.endsWith('.graphql'))
  .map((name) => join(source, name));
const stale = (await Promise.all(paths.map(render))).filter((file) => !isCurrent(file));
const names = stale.map((file) => relative(root, file.target)).join(', ');

if (process.argv.includes('--check')) {
  if (stale.length > 0) {
    console.error(`Stale: ${names}. Run \`npm run generate\` and commit the result.`);
    process.exitCode = 1;
  }
} else {
  for (const { target, text } of stale) writeFileSync(target, text);
  console.log(names === '' ? 'Everything is up to date.' : `Wrote ${names}.`);
}
