import { Button } from "@mantine/core"
import { type ReactNode, useState } from "react"
import { IconChart, IconTable } from "../parts/icons.tsx"
import { Panel } from "../parts/panel.tsx"

interface ChartPanelProps {
  title: ReactNode
  note?: ReactNode
  actions?: ReactNode
  chart: ReactNode
  /** The same numbers, for who reads better than sees. */
  table: ReactNode
}

export function ChartPanel({ title, note, actions, chart, table }: ChartPanelProps) {
  const [asTable, setAsTable] = useState(false)
  return (
    <Panel
      title={title}
      note={note}
      flush={asTable}
      actions={
        <>
          {actions}
          <Button
            variant="subtle"
            color="gray"
            size="compact-sm"
            className="quiet-button"
            leftSection={asTable ? <IconChart size={16} /> : <IconTable size={16} />}
            onClick={() => setAsTable(!asTable)}
          >
            {asTable ? "Show as chart" : "Show as table"}
          </Button>
        </>
      }
    >
      {asTable ? table : chart}
    </Panel>
  )
}
