import type { GatewayIssue } from '@tidegate/management-api';

interface IssueDetails {
  readonly detail: string;
  readonly nodes?: readonly string[];
  readonly sinceMs?: number | null;
  readonly hint?: string | null;
}

export function issue(code: string, severity: GatewayIssue['severity'], title: string, details: IssueDetails): GatewayIssue {
  const { detail, nodes = [], sinceMs = null, hint = null } = details;
  return {
    code,
    severity,
    title,
    detail,
    nodes: [...nodes],
    since: sinceMs === null ? null : new Date(sinceMs).toISOString(),
    hint,
  };
}
