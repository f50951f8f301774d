import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

import { mockGateway } from './dev/mockGateway.ts';

const gateway = 'http://localhost:8080';

/** The policy the gateway serves in production; the preview serves it too, so that a breach is seen early. */
const policy =
  "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === 'mock' ? [mockGateway()] : [])],
  server: mode === 'mock' ? {} : { proxy: { '/graphql': gateway, '/auth': gateway, '/api': gateway } },
  preview: { headers: { 'Content-Security-Policy': policy } },
  test: { environment: 'jsdom', setupFiles: './src/testing/setup.ts' },
  build: {
    // A font inlined as a data: address would break the policy.
    assetsInlineLimit: 0,
    reportCompressedSize: true,
  },
}));
