import { Alert, Select, SimpleGrid, Stack, TextInput, Title } from '@mantine/core';
import type { PolicyList } from '@tidegate/management-api';

import { useRead } from '../api/use-read.ts';
import { Icon } from '../display/icons.tsx';
import { isRecord } from '../schema-form/is-record.ts';
import type { FieldPath } from '../schema-form/value-field-props.ts';
import type { Finding } from './check-document.ts';
import { pathText, valuesOf, withValue } from './edit-text.ts';
import { OperationsForm } from './operations-form.tsx';
import { PoliciesForm } from './policies-form.tsx';

interface DocumentFormProps {
  readonly text: string;
  readonly findings: readonly Finding[];
  readonly isNew: boolean;
  readonly onChange: (text: string) => void;
}

/** The document as a form. The text is the only truth: each field reads it and writes into it, so that form and YAML never differ. */
export function DocumentForm({ text, findings, isNew, onChange }: DocumentFormProps) {
  const policies = useRead<PolicyList>('/policies');
  const values = valuesOf(text);
  if (values === null) {
    return (
      <Alert color="yellow" icon={<Icon name="warning" />} title="The text cannot be read">
        There is no form for it until it can. Mend it as YAML; the line is named there.
      </Alert>
    );
  }
  const set = (path: FieldPath, value: unknown) => onChange(withValue(text, path, value));
  const errorAt = (path: FieldPath) => findings.find((finding) => finding.path === pathText(path))?.message;
  const spec = isRecord(values['spec']) ? values['spec'] : {};
  const field = (label: string, path: FieldPath, description?: string, placeholder?: string) => (
    <TextInput
      key={label}
      label={label}
      description={description}
      placeholder={placeholder}
      autoComplete="off"
      value={textAt(values, path)}
      error={errorAt(path)}
      onChange={(event) => set(path, event.currentTarget.value)}
    />
  );
  return (
    <Stack gap="xl">
      <section className="panel">
        <Title order={2} size="h4" mb="sm">
          API
        </Title>
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {field('Display name', ['spec', 'displayName'])}
          {field('Version', ['spec', 'version'], undefined, 'v1.0')}
          {field('Context', ['spec', 'context'], 'Below it routers find the API; $version stands for the version', '/my-api')}
          {field('Upstream URL', ['spec', 'upstream', 'main', 'url'], 'Where requests go', 'https://backend.example.com')}
          {isNew && field('Handle', ['metadata', 'name'], 'Its name in paths, for ever; lower-case letters, digits, - and .')}
          <Select
            label="Operation policies"
            description="How those of an operation meet those of the API"
            clearable
            placeholder="as the gateway is set"
            value={typeof spec['policyMerge'] === 'string' ? spec['policyMerge'] : null}
            data={[
              { value: 'override', label: 'replace those of the same name' },
              { value: 'additive', label: 'run after them' },
            ]}
            onChange={(next) => set(['spec', 'policyMerge'], next ?? undefined)}
          />
        </SimpleGrid>
      </section>
      <section className="panel">
        <Title order={2} size="h4" mb="sm">
          Policies of the whole API
        </Title>
        <PoliciesForm
          path={['spec', 'policies']}
          value={spec['policies']}
          known={policies.data?.body.policies ?? []}
          onChange={set}
          errorAt={errorAt}
        />
      </section>
      <section className="panel">
        <Title order={2} size="h4" mb="sm">
          Operations
        </Title>
        <OperationsForm value={spec['operations']} known={policies.data?.body.policies ?? []} onChange={set} errorAt={errorAt} />
      </section>
    </Stack>
  );
}

function textAt(values: unknown, path: FieldPath): string {
  const found = path.reduce<unknown>((at, step) => (isRecord(at) ? at[String(step)] : undefined), values);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}
