import type { RestApiAnswer } from '@tidegate/management-api';
import { stringify } from 'yaml';

import { submitted } from './submitted.ts';

export default function ApiDocument({ api }: { api: RestApiAnswer }) {
  return (
    <pre className="document" tabIndex={0} aria-label="The document as YAML">
      {stringify(submitted(api))}
    </pre>
  );
}
