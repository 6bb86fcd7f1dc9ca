import type { Me } from "@propolis/core"

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone

export function Footer({ me }: { me: Me | undefined }) {
  return (
    <footer className="footer">
      <p>
        Propolis {me?.version ?? ""}
        <span className="footer-dot">·</span>Times in {zone}
      </p>
      {me !== undefined && me.attribution.length > 0 && (
        <p>
          {me.attribution.map(({ text, url }, i) => (
            <span key={url}>
              {i > 0 && <span className="footer-dot">·</span>}
              <a href={url} rel="noreferrer noopener" target="_blank">
                {text}
              </a>
            </span>
          ))}
        </p>
      )}
    </footer>
  )
}
