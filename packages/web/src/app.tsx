import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core"
import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { ApiFailure } from "./api/fetch-json.ts"
import { router } from "./router.tsx"
import { resolveVariables, theme } from "./theme/theme.ts"

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays a refusal; what may pass by itself is tried once more.
      retry: (failures, error) => failures < 1 && !(error instanceof ApiFailure && error.status < 500),
      retryDelay: 800,
    },
  },
})
// The key that public/color-scheme.js reads before the first paint.
const colorSchemeManager = localStorageColorSchemeManager({ key: "propolis-color-scheme" })

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolveVariables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  )
}
