export { type Diagnostic, inDocumentOrder, type Parsed } from './diagnostic.ts';
export { restApiDocument, type Operation, type PolicyAttachment, type RestApiDocument, type UpstreamRef } from './document.ts';
export { durationToMs } from './duration.ts';
export { issuesToDiagnostics } from './issues.ts';
export { nearest } from './nearest.ts';
export { type HeaderCondition, operationMatch, type OperationMatch } from './operation-match.ts';
export { checkRestApi, type ExtraCheck, parseRestApi } from './parse-rest-api.ts';
export { parsePathTemplate, type PathForm, type PathTail, type PathTemplate, type TemplatePart } from './path-template.ts';
export { desiredStateOf, resolvedContext } from './resolved.ts';
