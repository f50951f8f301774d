import { Route, Routes } from 'react-router';

import { DocumentPage } from '../features/documents/DocumentPage';
import { DocumentsPage } from '../features/documents/DocumentsPage';
import { OverviewPage } from '../features/overview/OverviewPage';
import { AskPage } from '../features/questions/AskPage';
import { SessionGate } from '../features/session/SessionGate';
import { SettingsPage } from '../features/settings/SettingsPage';
import { ErrorBoundary } from './ErrorBoundary';
import { Layout } from './Layout';
import { NotFoundPage } from './NotFoundPage';
import { Notices } from './Notices';

export function App() {
  return (
    <ErrorBoundary>
      <SessionGate>
        <Routes>
          <Route element={<Layout />}>
            <Route index element={<OverviewPage />} />
            <Route path="documents" element={<DocumentsPage />} />
            <Route path="documents/:documentId" element={<DocumentPage />} />
            <Route path="ask" element={<AskPage />} />
            <Route path="questions/:questionId" element={<AskPage />} />
            <Route path="settings" element={<SettingsPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Route>
        </Routes>
      </SessionGate>
      <Notices />
    </ErrorBoundary>
  );
}
