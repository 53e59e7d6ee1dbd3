import type { ApimChanges } from '@tidegate/management-api';
import { desiredStateOf, type RestApiDocument } from '@tidegate/rest-api';
import { type Content, exportApi, exportedContent } from '@tidegate/rest-api/apim';

/** A document and whether it is, or is to be, deployed. */
interface Wanted {
  readonly document: RestApiDocument;
  readonly desiredState: 'deployed' | 'undeployed';
}

/** For which environment and whom it is imported is in nothing that is compared. */
const NOWHERE = { gatewayName: '', provider: '' };

/**
 * What APIM would receive, against what it received for the stored document: by the builder that apim-sync imports with. Templates
 * stay templates in it. Pure.
 */
export function previewApim(current: Wanted | null, document: RestApiDocument): ApimChanges {
  const before = contentFor(current);
  const wanted = { document, desiredState: desiredStateOf(document) };
  if (wanted.desiredState === 'undeployed')
    return { action: current?.desiredState === 'deployed' ? 'undeploy' : 'nothing', changes: [], losses: [] };
  const exported = exportApi(document, NOWHERE);
  if (!exported.ok) return { action: 'nothing', changes: [], losses: [], refused: exported.message };
  const losses = exported.api.losses.map(({ path, message }) => ({ path, message }));
  return { action: 'import', changes: differences(before, exportedContent(exported.api)), losses };
}

function contentFor(wanted: Wanted | null): Content {
  if (wanted === null || wanted.desiredState === 'undeployed') return {};
  const exported = exportApi(wanted.document, NOWHERE);
  return exported.ok ? exportedContent(exported.api) : {};
}

/** In the order of their paths. */
function differences(before: Content, after: Content): ApimChanges['changes'] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .map((path) => ({ path, before: before[path] ?? null, after: after[path] ?? null }))
    .filter((change) => change.before !== change.after);
}
