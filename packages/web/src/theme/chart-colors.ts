export interface ChartColors {
  readonly connections: string
  readonly received: string
  readonly transmitted: string
  /** Ten colours of a ranking, the first for the highest. */
  readonly ranks: readonly string[]
  readonly ink: string
  readonly inkSoft: string
  readonly line: string
  readonly surface: string
}

/** Chosen to stay apart for colour-blind readers and to keep 3:1 against the surface of their scheme. */
export const chartColors: Readonly<Record<"light" | "dark", ChartColors>> = {
  light: {
    connections: "#c47a10",
    received: "#14827d",
    transmitted: "#7557b8",
    ranks: [
      "#c47a10",
      "#14827d",
      "#7557b8",
      "#b8492f",
      "#3772b5",
      "#77862a",
      "#b64f7d",
      "#5f7183",
      "#9a7b43",
      "#3b7a55",
    ],
    ink: "#211b13",
    inkSoft: "#655a4a",
    line: "#e6ddcd",
    surface: "#ffffff",
  },
  dark: {
    connections: "#eda93a",
    received: "#3fb8b0",
    transmitted: "#a78bea",
    ranks: [
      "#eda93a",
      "#3fb8b0",
      "#a78bea",
      "#e2765a",
      "#6aa5e6",
      "#aebb55",
      "#e083ae",
      "#92a5b8",
      "#c9aa70",
      "#6fb98d",
    ],
    ink: "#efe7d9",
    inkSoft: "#b1a590",
    line: "#332c22",
    surface: "#1d1914",
  },
}
