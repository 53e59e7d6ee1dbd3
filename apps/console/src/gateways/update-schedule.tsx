import { NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import type { ScheduleAnswer } from '@tidegate/management-api';
import { ADMINS } from '@tidegate/management-api/who';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiFailure, ask, fieldError } from '../api/request.ts';
import { useRead } from '../api/use-read.ts';
import { ActionButton } from '../display/action-button.tsx';
import { FailureAlert } from '../display/failure-alert.tsx';
import { ReadView } from '../display/read-view.tsx';
import { Until } from '../display/since.tsx';

type Part = 'scheduleType' | 'dayOfWeek' | 'hourOfDay' | 'timeZone';

/** When pending updates are taken without being asked for. */
export function UpdateSchedule({ path }: { path: string }) {
  const schedule = useRead<ScheduleAnswer>(`${path}/runtime/schedule`);
  return (
    <section className="panel">
      <Title order={2} size="h4" mb="sm">
        Runtime Release Scheduling
      </Title>
      <ReadView query={schedule} what="The schedule">
        {(body, etag) => <ScheduleForm key={body.revision} schedule={body} etag={etag} path={`${path}/runtime/schedule`} />}
      </ReadView>
    </section>
  );
}

function ScheduleForm({ schedule, etag, path }: { schedule: ScheduleAnswer; etag: string; path: string }) {
  const [values, setValues] = useState<Readonly<Record<Part, string>>>({
    scheduleType: schedule.scheduleType,
    dayOfWeek: String(schedule.dayOfWeek ?? 1),
    hourOfDay: String(schedule.hourOfDay ?? 2),
    timeZone: schedule.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => {
      const { scheduleType, dayOfWeek, hourOfDay, timeZone } = values;
      const slot = { dayOfWeek: Number(dayOfWeek), hourOfDay: Number(hourOfDay), timeZone };
      return ask('PUT', path, {
        body: { scheduleType, ...(scheduleType === 'NEVER' ? {} : slot) },
        headers: { 'if-match': etag },
      });
    },
    onSettled: () => client.invalidateQueries(),
  });
  const failure = save.error instanceof ApiFailure ? save.error : null;
  const field = (name: Part) => ({
    value: values[name],
    error: fieldError(save.error, name),
    onChange: (event: { currentTarget: { value: string } }) => setValues({ ...values, [name]: event.currentTarget.value }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={520} gap="sm">
        <Text size="sm" role="status">
          {schedule.sentence}
          {schedule.nextRunAt !== null && (
            <>
              {' Next: '}
              <Until at={schedule.nextRunAt} />
            </>
          )}
        </Text>
        <NativeSelect
          label="Schedule Type"
          data={[
            { value: 'NEVER', label: 'With the release' },
            { value: 'FIRST', label: 'In the first week' },
            { value: 'LAST', label: 'In the last week' },
          ]}
          {...field('scheduleType')}
        />
        {values.scheduleType !== 'NEVER' && (
          <>
            <NativeSelect label="Day" data={DAYS.map((label, at) => ({ value: String(at), label }))} {...field('dayOfWeek')} />
            <NativeSelect
              label="Hour"
              data={Array.from({ length: 24 }, (_, hour) => ({
                value: String(hour),
                label: `${String(hour).padStart(2, '0')}:00`,
              }))}
              {...field('hourOfDay')}
            />
            <TextInput label="Time zone" description="As in Europe/Berlin" {...field('timeZone')} />
          </>
        )}
        {failure !== null && <FailureAlert error={failure} title="It was not saved" />}
        <div>
          <ActionButton roles={ADMINS} type="submit" variant="default" loading={save.isPending}>
            Save the schedule
          </ActionButton>
        </div>
      </Stack>
    </form>
  );
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
