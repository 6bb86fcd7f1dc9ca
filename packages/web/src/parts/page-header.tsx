import { type ReactNode, useEffect } from "react"

interface PageHeaderProps {
  /** Of the browser's tab and history; never an attacker's text. */
  documentTitle: string
  title: ReactNode
  lead?: ReactNode
  /** Controls at the far side: time range, filter. */
  children?: ReactNode
}

export function PageHeader({ documentTitle, title, lead, children }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${documentTitle} · Propolis`
  }, [documentTitle])
  return (
    <div className="page-header">
      <div className="page-header-text">
        <h1>{title}</h1>
        {lead !== undefined && <p className="soft">{lead}</p>}
      </div>
      {children !== undefined && <div className="page-header-controls">{children}</div>}
    </div>
  )
}
