import { Link } from "@tanstack/react-router"
import { Revealed } from "../hostile/revealed-text.tsx"
import { countryName } from "./format.ts"

export function HostLink({ address }: { address: string }) {
  return (
    <Link to="/hosts/$address" params={{ address }} className="link mono">
      {address}
    </Link>
  )
}

export function ServiceLink({ service }: { service: string }) {
  return (
    <Link to="/services/$service" params={{ service }} className="link">
      <Revealed text={service} maxLength={64} />
    </Link>
  )
}

/** `DE` with the country's name for whoever asks; a dash where it is unknown. */
export function Country({ code, long = false }: { code: string; long?: boolean }) {
  const name = countryName(code)
  if (name === "") return <span className="soft">{long ? "unknown" : "–"}</span>
  return (
    <span className="country">
      <abbr title={name} className="country-code">
        {code}
      </abbr>
      {long && name}
    </span>
  )
}

export function Network({ asn, asName }: { asn: number; asName: string }) {
  if (asn === 0) return <span className="soft">–</span>
  return (
    <span className="network" title={`AS${asn}`}>
      <Revealed text={asName === "" ? `AS${asn}` : asName} maxLength={80} />
    </span>
  )
}
