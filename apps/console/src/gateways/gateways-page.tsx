import { PageHead } from '../display/page-head.tsx';
import { Propagation } from '../apis/propagation.tsx';

export function GatewaysPage() {
  return (
    <>
      <PageHead title="Gateways" about="What each router acknowledged" />
      <Propagation />
    </>
  );
}
