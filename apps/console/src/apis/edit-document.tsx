import { Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import type { DryRun, RestApiAnswer } from '@tidegate/management-api';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMemo, useState } from 'react';

import { ApiFailure, ask } from '../api/request.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { useLeaveGuard } from '../navigation/leave-guard.ts';
import { changeView, navigate, usePlace } from '../navigation/location.ts';
import { checkDocument, type Finding, located } from './check-document.ts';
import { DocumentEditor } from './document-editor.tsx';
import { DocumentForm } from './document-form.tsx';
import { DryRunView } from './dry-run-view.tsx';
import { Findings } from './findings.tsx';
import { keepReceipt } from './receipt.tsx';
import { StalePage } from './stale-page.tsx';

interface EditDocumentProps {
  readonly start: string;
  /** `null` = the document is new */
  readonly target: { readonly path: string; readonly etag: string } | null;
}

const TYPING_MS = 300;

/** The document as form or text: checked as one types, here and by the server. What was typed is never lost to an answer. */
export function EditDocument({ start, target }: EditDocumentProps) {
  const [text, setText] = useState(start);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const asForm = usePlace().query.get('as') !== 'yaml';
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: ({ body, ifMatch }: { body: string; ifMatch?: string | undefined }) => {
      if (target === null) return ask<RestApiAnswer>('POST', '/rest-apis?wait=programmed', { body });
      const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
      return ask<RestApiAnswer>('PUT', `${target.path}?wait=programmed`, { body, headers });
    },
    onSuccess: ({ body }) => {
      release();
      keepReceipt(body.status.id, body.generation, body.propagation);
      void client.invalidateQueries();
      navigate(`/apis/${encodeURIComponent(body.status.id)}`);
    },
  });
  const release = useLeaveGuard(text !== start);
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const isStale = failure?.status === 412;
  const isRefused = failure !== null && !isStale && save.variables?.body === text;
  const own = useMemo(() => checkDocument(settled), [settled]);
  const dryRun = useDryRun(settled, own.length === 0 && text !== start, target);
  const findings = own.length > 0 ? own : isRefused ? locatedErrors(text, failure) : dryRun.findings;
  return (
    <Stack>
      <Group>
        <SegmentedControl
          aria-label="Edit as"
          value={asForm ? 'form' : 'yaml'}
          onChange={(next) => changeView({ as: next === 'yaml' ? 'yaml' : '' })}
          data={[
            { value: 'form', label: 'Form' },
            { value: 'yaml', label: 'YAML' },
          ]}
        />
      </Group>
      {isRefused && <FailureAlert error={failure} title="The server did not accept it" />}
      {isStale && target !== null && (
        <StalePage
          path={target.path}
          mine={text}
          onOverwrite={(etag) => save.mutate({ body: text, ifMatch: etag })}
          onTake={setText}
          pending={save.isPending}
        />
      )}
      {asForm ? (
        <>
          <DocumentForm text={text} findings={findings} isNew={target === null} onChange={setText} />
          <Findings findings={findings} />
        </>
      ) : (
        <DocumentEditor text={text} findings={findings} onChange={setText} />
      )}
      <Group justify="space-between" className="save-bar">
        <div className="grow">
          {settled === text && findings.length > 0 && (
            <Text size="sm" role="status" c="var(--tone-bad)">
              {findings.length} to mend
            </Text>
          )}
          {settled === text && findings.length === 0 && dryRun.answer !== null && <DryRunView dryRun={dryRun.answer} />}
        </div>
        <Group>
          <Button
            variant="default"
            onClick={() => navigate(target === null ? '/apis' : target.path.replace('/rest-apis/', '/apis/'))}
          >
            Cancel
          </Button>
          <ActionButton
            roles={API_WRITERS}
            loading={save.isPending}
            whyNot={text.trim() === '' ? 'There is no text' : null}
            onClick={() => save.mutate({ body: text, ifMatch: target?.etag })}
          >
            {target === null ? 'Deploy' : 'Save'}
          </ActionButton>
        </Group>
      </Group>
    </Stack>
  );
}

/** What the server would make of the text: also what depends on other APIs. Nothing is stored. */
function useDryRun(
  text: string,
  enabled: boolean,
  target: EditDocumentProps['target'],
): { answer: DryRun | null; findings: readonly Finding[] } {
  const { data, error } = useQuery({
    queryKey: ['dry-run', target?.path ?? '', text],
    queryFn: ({ signal }) => ask<DryRun>('POST', '/rest-apis:dry-run', { body: text, signal }),
    enabled,
    refetchInterval: false,
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  if (!enabled) return { answer: null, findings: [] };
  // 403: whoever may not write is told at the button
  const failure = error instanceof ApiFailure && (error.status === 400 || error.status === 409) ? error : null;
  return { answer: data?.body ?? null, findings: failure === null ? [] : locatedErrors(text, failure) };
}

function locatedErrors(text: string, { message, errors }: ApiFailure): readonly Finding[] {
  const named = errors.map((error) => ({ path: error.field, message: error.message }));
  return located(text, named.length > 0 ? named : [{ path: '', message }]);
}
