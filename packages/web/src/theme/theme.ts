import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
} from "@mantine/core"
import { chartColors } from "./chart-colors.ts"

const resin: MantineColorsTuple = [
  "#fff6e6",
  "#fbe9c8",
  "#f6d394",
  "#f2bd5e",
  "#eda93a",
  "#d28f2a",
  "#b5750f",
  "#8f5300",
  "#744300",
  "#5a3400",
]
const bark: MantineColorsTuple = [
  "#efe7d9",
  "#d8ccb8",
  "#b1a590",
  "#8d806a",
  "#53482f",
  "#3d3529",
  "#2a241c",
  "#1d1914",
  "#17140f",
  "#14110d",
]
const paper: MantineColorsTuple = [
  "#faf7f1",
  "#f5f0e6",
  "#ece4d5",
  "#e6ddcd",
  "#cdbfa6",
  "#b0a289",
  "#84775f",
  "#655a4a",
  "#463d30",
  "#211b13",
]

export const theme = createTheme({
  colors: { resin, dark: bark, gray: paper },
  primaryColor: "resin",
  primaryShade: { light: 7, dark: 3 },
  // Filled buttons take both colours from the tokens, which keep their contrast in either scheme.
  variantColorResolver: (input) => {
    const colors = defaultVariantColorsResolver(input)
    if (input.variant !== "filled") return colors
    if (input.color === "red") {
      return { ...colors, background: "var(--danger)", hover: "var(--danger)", color: "var(--on-danger)" }
    }
    return { ...colors, background: "var(--accent)", hover: "var(--accent-hover)", color: "var(--on-accent)" }
  },
  fontFamily: "var(--sans)",
  fontFamilyMonospace: "var(--mono)",
  headings: { fontFamily: "var(--sans)", fontWeight: "600" },
  defaultRadius: 8,
  cursorType: "pointer",
  respectReducedMotion: true,
})

/** Mantine's own variables, led to the tokens of `tokens.css`, so that there is one palette. */
export const resolveVariables: CSSVariablesResolver = () => {
  const shared = {
    "--mantine-color-body": "var(--surface)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-soft)",
    "--mantine-color-anchor": "var(--accent)",
    "--mantine-color-placeholder": "var(--ink-soft)",
    "--mantine-color-error": "var(--danger)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-hover": "var(--sunken)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-default-color": "var(--ink)",
  }
  const series = ({ connections, received, transmitted }: (typeof chartColors)["light"]) => ({
    "--series-connections": connections,
    "--series-received": received,
    "--series-transmitted": transmitted,
  })
  return {
    variables: {},
    light: { ...shared, ...series(chartColors.light) },
    dark: { ...shared, ...series(chartColors.dark) },
  }
}
