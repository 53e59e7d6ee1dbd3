import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';

import { ApiListPage } from './apis/api-list-page.tsx';
import { resumeSession, useSession } from './api/session.ts';
import { FailureAlert } from './display/failure-alert.tsx';
import { GatewaysPage } from './gateways/gateways-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { usePlace } from './navigation/location.ts';
import { matchPlace, type Screen } from './navigation/match-place.ts';
import { NotFoundPage } from './shell/not-found-page.tsx';
import { Shell } from './shell/shell.tsx';
import { SignInPage } from './sign-in/sign-in-page.tsx';

/** Fetched when they are opened; the lists that lead there are at hand at once */
const ApiSyncPage = lazy(() => import('./sync/api-sync-page.tsx'));
const SyncPage = lazy(() => import('./sync/sync-page.tsx'));
const EnvironmentPage = lazy(() => import('./environments/environment-page.tsx'));
const GatewayPage = lazy(() => import('./gateways/gateway-page.tsx'));
const ApiPage = lazy(() => import('./apis/api-page.tsx'));
const AuditPage = lazy(() => import('./audit/audit-page.tsx'));
const ExplainPage = lazy(() => import('./explain/explain-page.tsx'));
const SubscriptionsPage = lazy(() => import('./subscriptions/subscriptions-page.tsx'));
const CertificatesPage = lazy(() => import('./certificates/certificates-page.tsx'));
const SecretsPage = lazy(() => import('./secrets/secrets-page.tsx'));
const SettingsPage = lazy(() => import('./settings/settings-page.tsx'));
const MigrationPage = lazy(() => import('./environments/migration-page.tsx'));

/** With the checks of documents, which are most of its size */
const ApiEditorPage = lazy(() => import('./apis/api-editor-page.tsx'));

export function App() {
  const session = useSession();
  const { path } = usePlace();
  // a controller that is away is asked again until it says who we are
  const resume = useQuery({
    queryKey: ['session'],
    queryFn: async () => {
      await resumeSession();
      return true;
    },
    enabled: session === 'asking',
  });
  if (session === 'asking')
    return resume.error === null ? null : <FailureAlert error={resume.error} title="Not connected; trying again" />;
  if (session === 'nobody') return <SignInPage />;
  return (
    <Shell path={path} user={session.user}>
      <Suspense fallback={null}>{screen(matchPlace(path))}</Suspense>
    </Shell>
  );
}

function screen({ name, id }: Screen) {
  switch (name) {
    case 'overview':
      return <OverviewPage />;
    case 'subscriptions':
      return <SubscriptionsPage />;
    case 'secrets':
      return <SecretsPage />;
    case 'certificates':
      return <CertificatesPage />;
    case 'settings':
      return <SettingsPage />;
    case 'apis':
      return <ApiListPage />;
    case 'api':
      return <ApiPage key={id} id={id} />;
    case 'new-api':
      return <ApiEditorPage id={null} />;
    case 'edit-api':
      return <ApiEditorPage key={id} id={id} />;
    case 'gateways':
      return <GatewaysPage />;
    case 'gateway':
      return <GatewayPage key={id} id={id} />;
    case 'sync':
      return <SyncPage />;
    case 'api-sync':
      return <ApiSyncPage key={id} id={id} />;
    case 'environment':
      return <EnvironmentPage key={id} id={id} />;
    case 'migration':
      return <MigrationPage key={id} id={id} />;
    case 'explain':
      return <ExplainPage />;
    case 'audit':
      return <AuditPage />;
    case 'unknown':
      return <NotFoundPage />;
  }
}
