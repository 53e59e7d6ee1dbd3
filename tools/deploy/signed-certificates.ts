import { createAuthority } from '../certificates/create-authority.ts';

/** PEM texts by file name: the authority, and what it signed. Its own key is thrown away: it signs once. Valid for a year. */
export async function signedCertificates(nowMs: number): Promise<Readonly<Record<string, string>>> {
  const ca = await createAuthority('Tidegate deployment CA', nowMs);
  const grpc = await ca.sign(['gateway-controller', 'gateway-controller-grpc', 'localhost']);
  const apim = await ca.sign(['apim', 'localhost']);
  return {
    'ca.pem': ca.cert,
    'grpc.pem': grpc.cert,
    'grpc.key': grpc.key,
    'apim.pem': apim.cert,
    'apim.key': apim.key,
  };
}
