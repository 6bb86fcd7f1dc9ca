import { Button, type ButtonProps } from "@mantine/core"
import { createLink } from "@tanstack/react-router"
import type { AnchorHTMLAttributes, Ref } from "react"

type AnchorButtonProps = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, keyof ButtonProps> &
  ButtonProps & { ref?: Ref<HTMLAnchorElement> }

function AnchorButton({ ref, ...props }: AnchorButtonProps) {
  return <Button component="a" {...(ref === undefined ? {} : { ref })} {...props} />
}

/** A link of the router that looks like a button. */
export const LinkButton = createLink(AnchorButton)
