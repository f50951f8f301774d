import js from '@eslint/js';
import { globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import importSort from 'eslint-plugin-simple-import-sort';
import typescript from 'typescript-eslint';

const features = ['documents', 'overview', 'questions', 'session', 'settings'];

const untypedHooks = {
  group: ['react-redux'],
  importNames: ['useDispatch', 'useSelector'],
  message: 'Use the typed hooks of app/hooks.ts.',
};

/** Files may not import what matches; all imports here are relative, so a path tells where it leads. */
function zone(files, group, message) {
  const patterns = [untypedHooks, { group, message }];
  return { files, ignores: ['**/*.test.*'], rules: { 'no-restricted-imports': ['error', { patterns }] } };
}

/** Imports go one way: lib → components → features → app; a feature knows no other feature. */
const zones = [
  zone(['src/lib/**'], ['**/components/**', '**/features/**', '**/app/**'], 'lib rests on nothing of ours.'),
  zone(['src/components/**'], ['**/features/**', '**/app/**'], 'Components rest on lib only.'),
  ...features.map((feature) => {
    const others = features.filter((other) => other !== feature).map((other) => `**/${other}/**`);
    // The typed hooks and types of the store are made in app/ and used everywhere.
    const app = ['**/app/*', '!**/app/hooks', '!**/app/store'];
    return zone(
      [`src/features/${feature}/**`],
      [...others, ...app],
      'A feature rests on lib and components.',
    );
  }),
];

export default typescript.config(
  globalIgnores(['dist', 'src/**/*.generated.ts']),
  js.configs.recommended,
  typescript.configs.strictTypeChecked,
  typescript.configs.stylisticTypeChecked,
  reactHooks.configs.flat['recommended-latest'],
  {
    plugins: { 'import-sort': importSort },
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines-per-function': ['error', { max: 60 }],
      complexity: ['error', 12],
      'no-restricted-imports': ['error', { patterns: [untypedHooks] }],
      'import-sort/imports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreVoidReturningFunctions: true, ignoreArrowShorthand: true },
      ],
      // RTK Query says with `void` that an endpoint takes no argument.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // A barrel file hides where things are and pulls everything in.
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Import from the file that defines it.' },
        { selector: 'ExportNamedDeclaration[source]', message: 'Import from the file that defines it.' },
        {
          selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]',
          message: 'Text of documents and answers is hostile.',
        },
      ],
    },
  },
  { files: ['src/**'], rules: { 'max-lines': ['error', { max: 250 }] } },
  ...zones,
  { files: ['src/app/hooks.ts'], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [typescript.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        document: 'readonly',
        localStorage: 'readonly',
        matchMedia: 'readonly',
      },
    },
  },
);
