import { Button, Group, Stack, Text } from '@mantine/core';
import type { RestApiAnswer } from '@tidegate/management-api';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useMemo, useState } from 'react';

import { ApiFailure, ask } from '../api/request.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { guardLeaving, navigate } from '../navigation/location.ts';
import { checkDocument, located } from './check-document.ts';
import { DocumentEditor } from './document-editor.tsx';
import { StalePage } from './stale-page.tsx';

interface EditDocumentProps {
  readonly start: string;
  /** `null` = the document is new */
  readonly target: { readonly path: string; readonly etag: string } | null;
}

const TYPING_MS = 300;

/** The document as text: checked as one types, and by the server when it is sent. What was typed is never lost to an answer. */
export function EditDocument({ start, target }: EditDocumentProps) {
  const [text, setText] = useState(start);
  const [sent, setSent] = useState<string | null>(null);
  const [settled] = useDebouncedValue(text, TYPING_MS);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (ifMatch: string | undefined) => {
      setSent(text);
      if (target === null) return ask<RestApiAnswer>('POST', '/rest-apis?wait=programmed', { body: text });
      const headers = ifMatch === undefined ? {} : { 'if-match': ifMatch };
      return ask<RestApiAnswer>('PUT', `${target.path}?wait=programmed`, { body: text, headers });
    },
    onSuccess: ({ body }) => {
      release();
      void client.invalidateQueries();
      navigate(`/apis/${encodeURIComponent(body.status.id)}`);
    },
  });
  const release = useLeaveGuard(text !== start);
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const isStale = failure?.status === 412;
  const findings = useMemo(() => checkDocument(settled), [settled]);
  const refused = useMemo(
    () =>
      failure === null || sent !== text
        ? []
        : located(
            text,
            failure.errors.map(({ field, message }) => ({ path: field, message })),
          ),
    [failure, sent, text],
  );
  return (
    <Stack>
      {failure !== null && !isStale && sent === text && <FailureAlert error={failure} title="The server did not accept it" />}
      {isStale && target !== null && (
        <StalePage
          path={target.path}
          mine={text}
          onOverwrite={(etag) => save.mutate(etag)}
          onTake={setText}
          pending={save.isPending}
        />
      )}
      <div>
        <DocumentEditor text={text} findings={refused.length > 0 ? refused : findings} onChange={setText} />
      </div>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">
          {settled === text && findings.length === 0
            ? 'Nothing wrong with the text itself; the server checks it against the other APIs.'
            : ''}
          {settled === text && findings.length > 0 ? `${findings.length} to mend` : ''}
        </Text>
        <Group>
          <Button
            variant="default"
            onClick={() => navigate(target === null ? '/apis' : target.path.replace('/rest-apis/', '/apis/'))}
          >
            Cancel
          </Button>
          <Button loading={save.isPending} disabled={text.trim() === ''} onClick={() => save.mutate(target?.etag)}>
            {target === null ? 'Deploy' : 'Save'}
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

/** Asks before unsaved text is left; returns what ends that at once. */
function useLeaveGuard(isDirty: boolean): () => void {
  const [guard] = useState({ release: () => undefined as void });
  useEffect(() => {
    if (!isDirty) return;
    guard.release = guardLeaving();
    return () => guard.release();
  }, [isDirty, guard]);
  return () => guard.release();
}
