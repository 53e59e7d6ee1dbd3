import { Alert, Anchor, Modal, Stack, Text } from '@mantine/core';
import type { GatewayIssue, GatewayItem } from '@tidegate/management-api';
import { useState } from 'react';

import { Icon } from '../display/icons.tsx';
import { Since } from '../display/since.tsx';

/** The worst issue as a link, and behind it all of them. Nothing when there is none. */
export function IssuesLink({ gateway }: { gateway: GatewayItem }) {
  const [isOpen, setIsOpen] = useState(false);
  const { worst, error, warning } = gateway.status.issues;
  if (worst === null) return null;
  const isError = worst === 'ERROR';
  const count = error + warning;
  return (
    <>
      <Anchor component="button" type="button" size="sm" onClick={() => setIsOpen(true)}>
        <span className="state" data-tone={isError ? 'bad' : 'warning'}>
          <Icon name={isError ? 'error' : 'warning'} />
          <span>
            {isError ? 'Error' : 'Warning'}
            {count > 1 ? ` (${count})` : ''}
          </span>
        </span>
      </Anchor>
      {isOpen && (
        <Modal opened onClose={() => setIsOpen(false)} title={`Issues of ${gateway.displayName}`} size="lg">
          <IssueList issues={gateway.issues} />
        </Modal>
      )}
    </>
  );
}

export function IssueList({ issues }: { issues: readonly GatewayIssue[] }) {
  if (issues.length === 0) return <Text size="sm">No issues.</Text>;
  return (
    <Stack gap="sm">
      {issues.map((issue, at) => (
        <Alert
          key={`${issue.code}/${at}`}
          color={issue.severity === 'ERROR' ? 'red' : 'yellow'}
          icon={<Icon name={issue.severity === 'ERROR' ? 'error' : 'warning'} />}
          title={issue.title}
        >
          <Text size="sm">{issue.detail}</Text>
          {issue.hint !== null && (
            <Text size="sm" mt={4}>
              {issue.hint}
            </Text>
          )}
          <Text size="xs" mt={4} className="muted">
            {issue.code}
            {issue.nodes.length > 0 ? ` · ${issue.nodes.join(', ')}` : ''}
            {issue.since !== null && (
              <>
                {' · '}
                <Since at={issue.since} prefix="for " suffix="" />
              </>
            )}
          </Text>
        </Alert>
      ))}
    </Stack>
  );
}
