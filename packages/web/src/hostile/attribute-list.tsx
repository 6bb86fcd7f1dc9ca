import { Revealed } from "./revealed-text.tsx"

/** `userAgent` → `User agent`. The names are the catalogue's; a hub of a later version may know more of them. */
function titleOf(name: string): string {
  const words = name.replace(/[A-Z]+(?![a-z])|[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

export function AttributeList({ attributes }: { attributes: Readonly<Record<string, string>> }) {
  return (
    <dl className="attributes">
      {Object.entries(attributes).map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt title={name}>
            <Revealed text={titleOf(name)} />
          </dt>
          <dd>
            <Revealed text={value} maxLength={2_048} />
          </dd>
        </div>
      ))}
    </dl>
  )
}
