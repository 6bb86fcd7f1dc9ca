import { Button, Modal, SegmentedControl, TextInput } from "@mantine/core"
import type { ApiKey, ApiKeyCreated } from "@propolis/core"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { type FormEvent, useState } from "react"
import { sendJson } from "../api/fetch-json.ts"
import { keysQuery } from "../api/queries.ts"
import { Revealed } from "../hostile/revealed-text.tsx"
import { CopyButton } from "../parts/copy-button.tsx"
import { EmptyState } from "../parts/empty-state.tsx"
import { FormFault } from "../parts/form-fault.tsx"
import { IconKey, IconTrash } from "../parts/icons.tsx"
import { Loaded } from "../parts/loaded.tsx"
import { Panel } from "../parts/panel.tsx"
import { Ago, DateTime } from "../parts/time.tsx"
import { CreatedKey } from "./account-created-key.tsx"

export function Keys() {
  const query = useQuery(keysQuery)
  const [created, setCreated] = useState<ApiKeyCreated>()
  return (
    <div className="stack">
      {created !== undefined && <CreatedKey created={created} onClose={() => setCreated(undefined)} />}
      <NewKey onCreated={setCreated} />
      <Panel
        title="Your keys"
        flush
        actions={
          query.data !== undefined && (
            <>
              <span className="small soft">
                API id <code className="mono">{query.data.apiId}</code>
              </span>
              <CopyButton label="Copy" value={() => query.data.apiId} aria-label="Copy the API id" />
            </>
          )
        }
      >
        <Loaded query={query} heightPx={180}>
          {({ keys }) =>
            keys.length === 0 ? (
              <EmptyState title="No key yet">
                Create a sensor key and put its block into the sensor's configuration, or a read key for your
                own programs.
              </EmptyState>
            ) : (
              <KeyTable keys={keys} />
            )
          }
        </Loaded>
      </Panel>
    </div>
  )
}

function NewKey({ onCreated }: { onCreated: (key: ApiKeyCreated) => void }) {
  const queryClient = useQueryClient()
  const [kind, setKind] = useState<ApiKey["kind"]>("sensor")
  const [label, setLabel] = useState("")
  const create = useMutation({
    mutationFn: () => sendJson<ApiKeyCreated>("POST", "/api/web/keys", { kind, label: label.trim() }),
    onSuccess: async (key) => {
      setLabel("")
      onCreated(key)
      await queryClient.invalidateQueries(keysQuery)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    create.mutate()
  }
  return (
    <Panel title="New key" note="a sensor key sends events, a read key reads them; neither can do the other">
      <form className="new-key" onSubmit={submit}>
        <SegmentedControl
          aria-label="Kind of key"
          data={[
            { value: "sensor", label: "Sensor key" },
            { value: "read", label: "Read key" },
          ]}
          value={kind}
          onChange={(value) => setKind(value as ApiKey["kind"])}
        />
        <TextInput
          aria-label="Label"
          placeholder="Label, for instance the sensor's place"
          maxLength={64}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending} leftSection={<IconKey size={16} />}>
          Create
        </Button>
      </form>
      <FormFault error={create.error} />
    </Panel>
  )
}

function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  const [doomed, setDoomed] = useState<ApiKey>()
  return (
    <>
      <div className="table-scroll">
        <table className="table">
          <caption className="hidden-visually">Your keys</caption>
          <thead>
            <tr>
              <th scope="col">Label</th>
              <th scope="col">Kind</th>
              <th scope="col" className="wide-only">
                Created
              </th>
              <th scope="col">Last used</th>
              <th scope="col">
                <span className="hidden-visually">Delete</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {keys.map((key) => (
              <tr key={key.id}>
                <th scope="row">
                  {key.label === "" ? <span className="soft">no label</span> : <Revealed text={key.label} />}
                </th>
                <td>{key.kind === "sensor" ? "Sensor" : "Read"}</td>
                <td className="wide-only">
                  <DateTime timeMs={key.createdAt} />
                </td>
                <td>
                  {key.lastUsedAt === null ? (
                    <span className="soft">never</span>
                  ) : (
                    <Ago timeMs={key.lastUsedAt} />
                  )}
                </td>
                <td className="number">
                  <Button
                    variant="subtle"
                    color="gray"
                    className="quiet-button"
                    size="compact-sm"
                    leftSection={<IconTrash size={15} />}
                    aria-label={`Delete the ${key.kind} key number ${key.id}`}
                    onClick={() => setDoomed(key)}
                  >
                    Delete
                  </Button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <DeleteKey doomed={doomed} onClose={() => setDoomed(undefined)} />
    </>
  )
}

function DeleteKey({ doomed, onClose }: { doomed: ApiKey | undefined; onClose: () => void }) {
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: (id: number) => sendJson("DELETE", `/api/web/keys/${id}`),
    onSuccess: async () => {
      await queryClient.invalidateQueries(keysQuery)
      onClose()
    },
  })
  return (
    <Modal
      opened={doomed !== undefined}
      onClose={onClose}
      title="Delete this key?"
      centered
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className="form">
        <p>
          Whatever uses {doomed?.label ? <Revealed text={doomed.label} /> : "it"} is refused from then on.
          This cannot be undone; a new key can be created at any time.
        </p>
        <FormFault error={remove.error} />
        <div className="row">
          <Button
            color="red"
            loading={remove.isPending}
            onClick={() => doomed !== undefined && remove.mutate(doomed.id)}
          >
            Delete the key
          </Button>
          <Button variant="default" onClick={onClose}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  )
}
