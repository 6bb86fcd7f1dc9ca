import { TextInput } from "@mantine/core"
import { useNavigate } from "@tanstack/react-router"
import { type FormEvent, useState } from "react"
import { addressOf } from "../parts/format.ts"
import { IconSearch } from "../parts/icons.tsx"

export function AddressSearch({ onDone }: { onDone?: () => void }) {
  const navigate = useNavigate()
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
      <TextInput
        aria-label="Look up an address"
        placeholder="Look up an address"
        leftSection={<IconSearch size={16} />}
        value={text}
        maxLength={64}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        error={fault === "" ? undefined : fault}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setFault("")
        }}
      />
    </form>
  )
}
