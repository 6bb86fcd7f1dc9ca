import "./parts.css"
import { type ReactNode, useId } from "react"

interface PanelProps {
  title: ReactNode
  note?: ReactNode
  actions?: ReactNode
  /** Content reaches the edges: tables. */
  flush?: boolean
  children: ReactNode
}

export function Panel({ title, note, actions, flush = false, children }: PanelProps) {
  const id = useId()
  return (
    <section className="panel" aria-labelledby={id}>
      <div className="panel-head">
        <div>
          <h2 id={id}>{title}</h2>
          {note !== undefined && <p className="small soft">{note}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </div>
      <div className={flush ? "panel-body panel-flush" : "panel-body"}>{children}</div>
    </section>
  )
}
