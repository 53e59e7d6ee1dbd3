import { Alert, Button, Card, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';

import { ApiFailure } from '../api/request.ts';
import { sessionWasLost, signIn } from '../api/session.ts';
import { FailureAlert } from '../display/failure-alert.tsx';
import { Icon } from '../display/icons.tsx';

/** Stands in place of the page that was asked for; the address stays, so that signing in leads there. */
export function SignInPage() {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const attempt = useMutation({ mutationFn: () => signIn(user, password) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate();
  };
  const isRefused = attempt.error instanceof ApiFailure && attempt.error.status === 401;
  return (
    <main className="sign-in">
      <Card withBorder padding="xl" radius="md" w={380} maw="100%">
        <form onSubmit={submit}>
          <Stack>
            <div>
              <Title order={1} size="h3">
                Tidegate
              </Title>
              <Text size="sm" c="dimmed">
                Sign in to the gateway controller
              </Text>
            </div>
            {sessionWasLost() && attempt.error === null && (
              <Alert color="yellow" icon={<Icon name="clock" />} role="status">
                Your session ended. Sign in to go on where you were.
              </Alert>
            )}
            {isRefused && (
              <Alert color="red" icon={<Icon name="error" />} role="alert">
                Wrong user name or password.
              </Alert>
            )}
            {attempt.error !== null && !isRefused && <FailureAlert error={attempt.error} title="Signing in failed" />}
            <TextInput
              label="User name"
              autoComplete="username"
              autoFocus
              required
              value={user}
              onChange={(event) => setUser(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" loading={attempt.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Card>
    </main>
  );
}
