/** What an install command is made of. */
export interface InstallTarget {
  readonly token: string;
  /** "host:port" of the controller's discovery port, as a node reaches it */
  readonly discoveryAddress: string;
  /** Tokens travel only over TLS unless both ends are loopback (decision 27) */
  readonly tls: boolean;
  readonly image: string;
  readonly gatewayHandle: string;
  /** Pods come and go by themselves, so they join with the enrolment key (ADR 0010), which is in a Secret of the cluster already */
  readonly enrols: boolean;
}

/** Three ways to make a machine a node of a gateway, to copy and run. Every value is free of characters a shell would read. */
export function installCommands(target: InstallTarget): { process: string; container: string; kubernetes: string } {
  const settings = environmentOf(target);
  const name = `tidegate-router-${target.gatewayHandle}`;
  return {
    // 75 = start me again: a restart that was asked for (run-router.ts).
    process: `while ${settings.map(([key, value]) => `${key}=${value}`).join(' ')} node dist/apps/router/main.js; [ $? -eq 75 ]; do :; done`,
    container: `docker run -d --restart unless-stopped -p 8080:8080 -v ${name}:/var/lib/tidegate -e APIP_GW_ROUTER__HOST=0.0.0.0 ${settings
      .map(([key, value]) => `-e ${key}=${value}`)
      .join(' ')} -e APIP_GW_ROUTER__DISCOVERY__STATE_DIR=/var/lib/tidegate ${target.image}`,
    kubernetes: kubernetesCommand(target, name),
  };
}

/**
 * A join token serves one node within a day. So pods of this installation's own gateway read the enrolment key from the Secret that
 * `npm run deploy:secrets` and the manifests made; of another gateway one pod joins with the token, and scaling it needs more tokens.
 */
function kubernetesCommand(target: InstallTarget, name: string): string {
  const { enrols, image } = target;
  const settings = environmentOf(target).filter(([key]) => !enrols || key !== JOIN_TOKEN);
  const joins = enrols
    ? `kubectl set env deployment/${name} --from=secret/tidegate --keys=enrolment_key --prefix=TIDEGATE_ && kubectl set env deployment/${name} '${JOIN_TOKEN}=$(TIDEGATE_ENROLMENT_KEY)'`
    : `kubectl create secret generic ${name} --from-literal=${JOIN_TOKEN}=${target.token} && kubectl set env deployment/${name} --from=secret/${name}`;
  const plain = settings.filter(([key]) => key !== JOIN_TOKEN).map(([key, value]) => `${key}=${value}`);
  return [
    `kubectl create deployment ${name} --image=${image} --port=8080 --replicas=${enrols ? 2 : 1}`,
    `kubectl set env deployment/${name} APIP_GW_ROUTER__HOST=0.0.0.0 ${plain.join(' ')}`,
    joins,
  ].join(' && ');
}

const JOIN_TOKEN = 'APIP_GW_ROUTER__DISCOVERY__JOIN_TOKEN';

function environmentOf({ token, discoveryAddress, tls }: InstallTarget): readonly (readonly [string, string])[] {
  return [
    ['APIP_GW_ROUTER__DISCOVERY__ADDRESS', discoveryAddress],
    [JOIN_TOKEN, token],
    ...(tls ? [['APIP_GW_ROUTER__DISCOVERY__TLS__ENABLED', 'true'] as const] : []),
  ];
}
