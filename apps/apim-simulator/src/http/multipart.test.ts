import { expect, it } from 'vitest';
import { parseForm } from './multipart.ts';

const contentType = 'multipart/form-data; boundary=XYZ';
const part = 'Content-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: application/octet-stream\r\n\r\n';

it('keeps the bytes of a part, CRLF and almost-boundaries included', () => {
  const content = Buffer.from([0, 13, 10, 45, 45, 88, 89, 255]);
  const body = Buffer.concat([Buffer.from(`--XYZ\r\n${part}`), content, Buffer.from('\r\n--XYZ--\r\n')]);
  expect(parseForm(contentType, body)).toEqual({
    ok: true,
    parts: [{ name: 'file', filename: 'a.zip', contentType: 'application/octet-stream', content }],
  });
});

it('reads several parts, quoted boundaries and escaped names', () => {
  const body = Buffer.from(
    '--a b\r\nContent-Disposition: form-data; name="x\\"y"\r\n\r\n1\r\n--a b\r\ncontent-disposition: form-data; name=z\r\n\r\n\r\n--a b--',
  );
  const form = parseForm('multipart/form-data; boundary="a b"', body);
  expect(form.ok && form.parts.map((each) => [each.name, each.content.toString()])).toEqual([
    ['x"y', '1'],
    ['z', ''],
  ]);
});

it.each([
  ['no boundary', 'multipart/form-data', '--XYZ--'],
  ['another type', 'application/json', '{}'],
  ['a preamble', contentType, `hello\r\n--XYZ\r\n${part}x\r\n--XYZ--`],
  ['no end', contentType, `--XYZ\r\n${part}x`],
  ['bare newlines', contentType, '--XYZ\nContent-Disposition: form-data; name="file"\n\nx\n--XYZ--'],
  ['a part without a name', contentType, '--XYZ\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XYZ--'],
  ['bytes after the end', contentType, `--XYZ\r\n${part}x\r\n--XYZ--more`],
])('refuses %s', (_what, type, body) => {
  expect(parseForm(type, Buffer.from(body)).ok).toBe(false);
});
