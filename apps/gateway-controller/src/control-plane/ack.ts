/** What the control plane is told about a deploy or undeploy (reference §2.6). */
export interface AckOutcome {
  readonly status: 'success' | 'failed';
  readonly errorCode: 'GATEWAY_PROCESSING_ERROR' | 'DEPLOYMENT_ID_MISMATCH' | null;
  /** APIM ignores it; people who read the wire do not */
  readonly errorMessage: string | null;
}

interface Acknowledged {
  readonly kind: 'deploy' | 'undeploy';
  readonly remoteId: string;
  readonly deploymentId: string;
  readonly performedAt: string;
}

/** The whole message. Ids and time go back exactly as they came: the time is the control plane's concurrency token. */
export function ackMessage({ kind, remoteId, deploymentId, performedAt }: Acknowledged, outcome: AckOutcome): object {
  const { status, errorCode, errorMessage } = outcome;
  return {
    type: 'deployment.ack',
    payload: {
      deploymentId,
      artifactId: remoteId,
      resourceType: 'api',
      action: kind,
      status,
      performedAt,
      ...(errorCode === null ? {} : { errorCode }),
      ...(errorMessage === null ? {} : { errorMessage: errorMessage.slice(0, 500) }),
    },
  };
}

export const ACCEPTED: AckOutcome = { status: 'success', errorCode: null, errorMessage: null };

export function refused(errorMessage: string, errorCode: AckOutcome['errorCode'] = 'GATEWAY_PROCESSING_ERROR'): AckOutcome {
  return { status: 'failed', errorCode, errorMessage };
}
