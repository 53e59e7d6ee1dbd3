/** Whether a certificate with these names ("DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1") is good for the host (RFC 9525 §6.3). */
export function certificateCovers(names: string, host: string): boolean {
  const wanted = host.toLowerCase();
  return names.split(',').some((entry) => {
    const name = entry.trim().toLowerCase();
    if (name.startsWith('ip address:')) return name.slice('ip address:'.length) === wanted;
    const pattern = name.replace(/^dns:/, '');
    if (!pattern.startsWith('*.')) return pattern === wanted;
    // One label, never none and never more.
    const [label, ...rest] = wanted.split('.');
    return label !== undefined && label !== '' && rest.length > 1 && `*.${rest.join('.')}` === pattern;
  });
}
