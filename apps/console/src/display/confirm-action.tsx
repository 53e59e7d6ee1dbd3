import { useMutation, useQueryClient } from '@tanstack/react-query';

import { ConfirmByName, type ConfirmByNameProps } from './confirm-by-name.tsx';

interface ConfirmActionProps extends Omit<ConfirmByNameProps, 'pending' | 'error' | 'onConfirm'> {
  /** Rejects when it was refused, which is told here; else this closes */
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks, then makes one request. Everything shown is read again afterwards, refused or not. */
export function ConfirmAction({ onConfirm, onClose, ...asked }: ConfirmActionProps) {
  const client = useQueryClient();
  const action = useMutation({
    mutationFn: onConfirm,
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <ConfirmByName
      {...asked}
      pending={action.isPending}
      error={action.error}
      onConfirm={() => action.mutate()}
      onClose={onClose}
    />
  );
}
