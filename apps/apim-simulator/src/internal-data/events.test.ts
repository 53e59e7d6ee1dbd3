import { expect, it } from 'vitest';
import { deploymentIdOf, firstGatewayId } from './events.ts';
import { tarOf } from './tar.ts';

it('derives deployment ids as APIM does (reference §9)', () => {
  const id = deploymentIdOf('493a6f45-092c-44ca-a2da-98a45abb3ef3', '22222222-2222-2222-2222-222222222222', firstGatewayId);
  expect(id).toBe('1a6526c5-44e9-3fa5-890c-e474995e50fe');
});

it('writes tar blocks with a checksum over the header', () => {
  const tar = tarOf([{ name: 'a/b.yaml', content: Buffer.from('hello') }]);
  expect(tar.length % 512).toBe(0);
  const head = tar.subarray(0, 512);
  const stored = Number.parseInt(head.toString('latin1', 148, 154), 8);
  const counted = head.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  expect(stored).toBe(counted);
  expect(tar.subarray(512, 517).toString()).toBe('hello');
});
