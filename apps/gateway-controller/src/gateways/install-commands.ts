/** What an install command is made of. */
export interface InstallTarget {
  readonly token: string;
  /** "host:port" of the controller's discovery port, as a node reaches it */
  readonly discoveryAddress: string;
  /** Tokens travel only over TLS unless both ends are loopback (decision 27) */
  readonly tls: boolean;
  readonly image: string;
  readonly gatewayHandle: string;
}

/** Three ways to make a machine a node of a gateway, to copy and run. Every value is free of characters a shell would read. */
export function installCommands(target: InstallTarget): { process: string; container: string; kubernetes: string } {
  const settings = environmentOf(target);
  const name = `tidegate-router-${target.gatewayHandle}`;
  return {
    process: `${settings.map(([key, value]) => `${key}=${value}`).join(' ')} node dist/apps/router/main.js`,
    container: `docker run -d -p 8080:8080 -v ${name}:/var/lib/tidegate -e APIP_GW_ROUTER__HOST=0.0.0.0 ${settings
      .map(([key, value]) => `-e ${key}=${value}`)
      .join(' ')} -e APIP_GW_ROUTER__DISCOVERY__STATE_DIR=/var/lib/tidegate ${target.image}`,
    kubernetes: [
      `kubectl create secret generic ${name} ${settings.map(([key, value]) => `--from-literal=${key}=${value}`).join(' ')}`,
      `kubectl create deployment ${name} --image=${target.image} --port=8080`,
      `kubectl set env deployment/${name} --from=secret/${name} APIP_GW_ROUTER__HOST=0.0.0.0`,
    ].join(' && '),
  };
}

function environmentOf({ token, discoveryAddress, tls }: InstallTarget): readonly (readonly [string, string])[] {
  return [
    ['APIP_GW_ROUTER__DISCOVERY__ADDRESS', discoveryAddress],
    ['APIP_GW_ROUTER__DISCOVERY__JOIN_TOKEN', token],
    ...(tls ? [['APIP_GW_ROUTER__DISCOVERY__TLS__ENABLED', 'true'] as const] : []),
  ];
}
