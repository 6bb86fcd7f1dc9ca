import { useNavigate } from "@tanstack/react-router"
import { type FormEvent, useId, useState } from "react"
import { addressOf } from "../parts/format.ts"
import { IconSearch } from "../parts/icons.tsx"

export function AddressSearch({ onDone }: { onDone?: () => void }) {
  const navigate = useNavigate()
  const faultId = useId()
  const [text, setText] = useState("")
  const [fault, setFault] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const address = addressOf(text)
    if (address === undefined) {
      setFault("Not an IPv4 or IPv6 address")
      return
    }
    setText("")
    onDone?.()
    void navigate({ to: "/hosts/$address", params: { address } })
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not yet known to every screen reader
    <form role="search" className="address-search" onSubmit={submit}>
      <IconSearch size={16} />
      <input
        type="text"
        aria-label="Look up an address"
        aria-invalid={fault !== ""}
        aria-describedby={faultId}
        placeholder="Look up an address"
        value={text}
        maxLength={64}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setFault("")
        }}
      />
      <span id={faultId} role="status" className="address-fault">
        {fault}
      </span>
    </form>
  )
}
