import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

import { CliError, EXIT } from './exit-codes.ts';

/** From here on a server whose certificate this authority (a PEM file) signed is trusted, beside those Node trusts anyway. */
export function trustAlso(file: string): void {
  // Node 24.5; what older ones have instead is read before any program runs.
  if (typeof tls.setDefaultCACertificates !== 'function') {
    throw new CliError(EXIT.usage, `This Node cannot take --cacert; run with NODE_EXTRA_CA_CERTS=${file} instead`);
  }
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(file, 'utf8')]);
  } catch (error) {
    throw new CliError(EXIT.usage, `${file} cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}
