import { generate } from 'selfsigned';

const dayMs = 86_400_000;

/** PEM texts by file name: the authority, and what it signed. Its own key is thrown away: it signs once. Valid for a year. */
export async function signedCertificates(nowMs: number): Promise<Readonly<Record<string, string>>> {
  const validity = {
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + 365 * dayMs),
    keyType: 'ec',
    algorithm: 'sha256',
  } as const;
  const ca = await generate([{ name: 'commonName', value: 'Tidegate deployment CA' }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const signed = (names: readonly string[]) =>
    generate([{ name: 'commonName', value: names[0] ?? '' }], {
      ...validity,
      ca: { key: ca.private, cert: ca.cert },
      extensions: [
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value }) as const) },
      ],
    });
  const grpc = await signed(['gateway-controller', 'gateway-controller-grpc', 'localhost']);
  const apim = await signed(['apim', 'localhost']);
  return {
    'ca.pem': ca.cert,
    'grpc.pem': grpc.cert,
    'grpc.key': grpc.private,
    'apim.pem': apim.cert,
    'apim.key': apim.private,
  };
}
