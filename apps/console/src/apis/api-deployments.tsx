import { Button, Group, Modal, NativeSelect, Stack, Table, Text, TextInput } from '@mantine/core';
import type { DeploymentItem, DeploymentList, EnvironmentList } from '@tidegate/management-api';
import { API_WRITERS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiFailure, ask, fieldError } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { ConfirmAction } from '../display/confirm-action.tsx';
import { EmptyState } from '../display/empty-state.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Link } from '../navigation/link.tsx';

/** In which environments the API is, below which path and with which upstreams there. */
export default function ApiDeployments({ path, name }: { path: string; name: string }) {
  const list = useRead<DeploymentList>(`${path}/deployments`);
  const environments = useRead<EnvironmentList>('/environments');
  const [editing, setEditing] = useState<DeploymentItem | 'new' | null>(null);
  const [removing, setRemoving] = useState<DeploymentItem | null>(null);
  const taken = new Set(list.data?.body.deployments.map(({ environment }) => environment.id));
  const free = environments.data?.body.environments.filter(({ id }) => !taken.has(id)) ?? [];
  const deploy = (
    <ActionButton
      roles={API_WRITERS}
      whyNot={free.length === 0 ? 'It is in every environment there is' : null}
      onClick={() => setEditing('new')}
    >
      Deploy to an environment
    </ActionButton>
  );
  return (
    <Stack>
      <ReadView query={list} what="The deployments">
        {({ deployments }) =>
          deployments.length === 0 ? (
            <EmptyState title="In no environment" action={deploy}>
              An API is served where its environments are. Deploy it to one; the environment decides through which gateway it is
              reached.
            </EmptyState>
          ) : (
            <Stack>
              <Group justify="flex-end">{deploy}</Group>
              <DeploymentTable
                deployments={deployments}
                urls={urlsOf(environments.data?.body, name)}
                onEdit={setEditing}
                onRemove={setRemoving}
              />
            </Stack>
          )
        }
      </ReadView>
      {editing !== null && (
        <EditDeployment
          path={path}
          deployment={editing === 'new' ? null : editing}
          environments={free.map(({ id, name: label }) => ({ value: id, label }))}
          onClose={() => setEditing(null)}
        />
      )}
      {removing !== null && <RemoveDeployment path={path} deployment={removing} onClose={() => setRemoving(null)} />}
    </Stack>
  );
}

function urlsOf(list: EnvironmentList | undefined, name: string): ReadonlyMap<string, string | null> {
  return new Map(
    list?.environments.map(({ id, deployments }) => [id, deployments.find(({ api }) => api === name)?.url ?? null]) ?? [],
  );
}

interface DeploymentTableProps {
  readonly deployments: readonly DeploymentItem[];
  readonly urls: ReadonlyMap<string, string | null>;
  readonly onEdit: (deployment: DeploymentItem) => void;
  readonly onRemove: (deployment: DeploymentItem) => void;
}

function DeploymentTable({ deployments, urls, onEdit, onRemove }: DeploymentTableProps) {
  return (
    <div className="table-wrap">
      <Table className="cards" verticalSpacing="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Environment</Table.Th>
            <Table.Th>Gateway</Table.Th>
            <Table.Th>Reached at</Table.Th>
            <Table.Th>Upstream there</Table.Th>
            <Table.Th>Action</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {deployments.map((deployment) => {
            const { environment, gateway, basePath, upstreams } = deployment;
            return (
              <Table.Tr key={deployment.id}>
                <Table.Td data-label="Environment">
                  <Link to={`/environments/${environment.id}`} fw={550}>
                    {environment.name}
                  </Link>
                </Table.Td>
                <Table.Td data-label="Gateway">
                  {gateway === null ? (
                    <span className="muted">Not Attached to a Gateway</span>
                  ) : (
                    <Link to={`/gateways/${gateway.id}`}>{gateway.name}</Link>
                  )}
                </Table.Td>
                <Table.Td data-label="Reached at">
                  <code>{urls.get(environment.id) ?? (basePath === '' ? '—' : `…${basePath}`)}</code>
                </Table.Td>
                <Table.Td data-label="Upstream there">
                  {upstreams.main === undefined && upstreams.sandbox === undefined ? (
                    <span className="muted">as in the document</span>
                  ) : (
                    <>
                      {upstreams.main !== undefined && <code>{upstreams.main.url}</code>}
                      {upstreams.sandbox !== undefined && (
                        <Text size="xs" c="dimmed">
                          sandbox {upstreams.sandbox.url}
                        </Text>
                      )}
                    </>
                  )}
                </Table.Td>
                <Table.Td data-label="Action">
                  <Group gap="xs">
                    <ActionButton
                      roles={API_WRITERS}
                      size="compact-sm"
                      variant="default"
                      aria-label={`Change in ${environment.name}`}
                      onClick={() => onEdit(deployment)}
                    >
                      Change
                    </ActionButton>
                    <ActionButton
                      roles={API_WRITERS}
                      size="compact-sm"
                      variant="default"
                      className="danger"
                      aria-label={`Take out of ${environment.name}`}
                      onClick={() => onRemove(deployment)}
                    >
                      Take out
                    </ActionButton>
                  </Group>
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}

interface EditDeploymentProps {
  readonly path: string;
  /** null = a new one */
  readonly deployment: DeploymentItem | null;
  readonly environments: readonly { readonly value: string; readonly label: string }[];
  readonly onClose: () => void;
}

function EditDeployment({ path, deployment, environments, onClose }: EditDeploymentProps) {
  const client = useQueryClient();
  const [values, setValues] = useState({
    environmentId: deployment?.environment.id ?? environments[0]?.value ?? '',
    basePath: deployment?.basePath ?? '',
    main: deployment?.upstreams.main?.url ?? '',
    sandbox: deployment?.upstreams.sandbox?.url ?? '',
  });
  const save = useMutation({
    mutationFn: () => {
      const { environmentId, basePath, main, sandbox } = values;
      const upstreams = {
        ...(main === '' ? {} : { main: { url: main } }),
        ...(sandbox === '' ? {} : { sandbox: { url: sandbox } }),
      };
      return ask<DeploymentItem>('POST', `${path}/deployments`, { body: { environmentId, basePath, upstreams } });
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries(),
  });
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const field = (name: keyof typeof values, at: string = name) => ({
    value: values[name],
    error: fieldError(save.error, at),
    onChange: (event: { currentTarget: { value: string } }) => setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      centered
      title={deployment === null ? 'Deploy to an environment' : `In ${deployment.environment.name}`}
    >
      <form onSubmit={submit}>
        <Stack>
          {deployment === null && <NativeSelect label="Environment" data={[...environments]} {...field('environmentId')} />}
          <TextInput
            label="Base path"
            description="Below the environment’s path, in front of the context; empty = none"
            placeholder="/canary"
            {...field('basePath')}
          />
          <TextInput
            label="Upstream there"
            description="Instead of the main upstream of the document; empty = as in the document"
            placeholder="https://staging.example.com"
            {...field('main', 'upstreams.main.url')}
          />
          <TextInput label="Sandbox upstream there" {...field('sandbox', 'upstreams.sandbox.url')} />
          {failure !== null && <FailureAlert error={failure} title="It was not deployed there" />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={save.isPending}>
              {deployment === null ? 'Deploy' : 'Save'}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function RemoveDeployment({ path, deployment, onClose }: { path: string; deployment: DeploymentItem; onClose: () => void }) {
  const { environment, gateway } = deployment;
  return (
    <ConfirmAction
      title={`Take it out of ${environment.name}?`}
      action="Take out"
      onConfirm={() => ask('DELETE', `${path}/deployments/${environment.id}`)}
      onClose={onClose}
    >
      <Text size="sm">
        {gateway === null
          ? 'It is reached through no gateway there now; nothing that is served changes.'
          : `${gateway.name} answers 404 for it there as soon as its routers have heard of it. The API and its other environments stay.`}
      </Text>
    </ConfirmAction>
  );
}
