import { json, publisherError, text, type Answer, type SimulatedRequest } from '../http/answer.ts';
import { parseForm } from '../http/multipart.ts';
import { deployedEvent } from '../internal-data/events.ts';
import type { Simulator } from '../simulator.ts';
import { importApi } from '../state/import-api.ts';
import { readArchive } from '../state/import-archive.ts';
import { saveApis } from '../state/state-file.ts';

/** `POST /apis/import` (reference §4.2): one multipart part `file`, and four switches in the query. */
export function answerImport(simulator: Simulator, request: SimulatedRequest): Answer {
  const switches = readSwitches(request.query);
  if (typeof switches === 'string') return publisherError(400, switches);
  const form = parseForm(request.headers['content-type'], request.body);
  if (!form.ok) return publisherError(400, form.problem);
  const [part, ...others] = form.parts;
  if (part === undefined || part.name !== 'file' || others.length > 0) {
    return publisherError(400, 'The form must have exactly one part, named "file"');
  }
  if (part.filename === undefined || !part.filename.endsWith('.zip'))
    return publisherError(400, 'The part "file" must have a filename that ends in .zip');

  const read = readArchive(part.content);
  if (!read.ok) return publisherError(400, read.problem);
  if (switches.dryRun) return text(200, 'The archive is valid.');
  const imported = importApi(simulator.state, read.archive, {
    overwrite: switches.overwrite,
    rotateRevision: switches.rotateRevision,
    revisionLimit: simulator.behaviour.revision_limit,
    hideNewMs: simulator.behaviour.hide_new,
    nowMs: Date.now(),
  });
  if (!imported.ok) return publisherError(imported.status, imported.problem);
  saveApis(simulator.state, simulator.settings.state_file);

  const { api, revision } = imported;
  if (simulator.behaviour.echo_deploy_on_import)
    for (const { id, name } of simulator.state.gateways.values())
      if (revision.deployments.some((deployment) => deployment.name === name))
        simulator.sessions.emit(deployedEvent(api, revision, id), id);
  if (!(request.headers.accept ?? '').includes('application/json')) return text(200, 'API imported successfully.');
  const shown = simulator.behaviour.revision_answer === 'uuid' ? revision.id : String(revision.number);
  return json(200, { id: api.id, revision: shown });
}

type Switches = Record<'preserveProvider' | 'overwrite' | 'dryRun' | 'rotateRevision', boolean>;

function readSwitches(query: URLSearchParams): Switches | string {
  // APIM's own defaults
  const switches: Switches = { preserveProvider: true, overwrite: false, dryRun: false, rotateRevision: false };
  for (const [name, value] of query) {
    if (!Object.hasOwn(switches, name)) return `Unknown query parameter ${name}`;
    if (value !== 'true' && value !== 'false') return `${name} must be true or false`;
    switches[name as keyof Switches] = value === 'true'; // hasOwn above
  }
  return switches;
}
