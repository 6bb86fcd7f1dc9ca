import type { ReactNode } from "react"
import { CopyButton } from "./copy-button.tsx"
import "./parts.css"

const attacks = [
  { command: "curl -i http://127.0.0.1:10080/", what: "a web request" },
  { command: "telnet 127.0.0.1 10023", what: "a Telnet login" },
  { command: "nmap -sV -p 10023,10080 127.0.0.1", what: "a service scan" },
]

interface EmptyStateProps {
  title: string
  children?: ReactNode
  /** Shows how to attack the own sensor. */
  attackable?: boolean
}

export function EmptyState({ title, children, attackable = false }: EmptyStateProps) {
  return (
    <div className="empty">
      <h3>{title}</h3>
      {children !== undefined && <p className="soft">{children}</p>}
      {attackable && (
        <>
          <p className="soft">
            Attack your own sensor on this machine; what you send appears here within seconds.
          </p>
          <ul className="commands">
            {attacks.map(({ command, what }) => (
              <li key={command}>
                <code>{command}</code>
                <span className="small soft">{what}</span>
                <CopyButton label="Copy" value={() => command} aria-label={`Copy the command for ${what}`} />
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}
