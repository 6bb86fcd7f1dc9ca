import { LinkButton } from "../parts/link-button.tsx"
import { PageHeader } from "../parts/page-header.tsx"
import { Panel } from "../parts/panel.tsx"

export function NotFoundPage() {
  return (
    <>
      <PageHeader documentTitle="Not found" title="There is no such page" />
      <Panel title="Where to go from here">
        <LinkButton to="/" variant="default">
          Home
        </LinkButton>
      </Panel>
    </>
  )
}
