// Sets the colour scheme before the first paint. A file of its own, because the hub's content security
// policy allows no inline script. The key is the one that the pages' toggle writes.
;(() => {
  let chosen = "auto"
  try {
    chosen = localStorage.getItem("propolis-color-scheme") ?? "auto"
  } catch {
    // Storage is switched off: follow the system.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light")
})()
