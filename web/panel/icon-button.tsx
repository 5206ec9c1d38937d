/** A key that is a picture: its name is said to whoever listens, and shown to whoever points at it. */
import type { VNode } from "preact";
import { Icon, type IconName } from "../ui/icons.tsx";

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly press: () => void;
  readonly size?: 16 | 20;
  /** `inset`: what marks the cursor is drawn within its edge, for there is no room outside. */
  readonly look?: "inset" | "k-copy";
  readonly disabled?: boolean;
  /** It unfolds something: whether that is unfolded now. */
  readonly expanded?: boolean;
  /** -1: the keyboard has another way to it. */
  readonly tabIndex?: -1;
}

export function IconButton({
  icon,
  label,
  press,
  size = 16,
  look,
  disabled,
  expanded,
  tabIndex,
}: IconButtonProps): VNode {
  return (
    <button
      type="button"
      class={look ? `k-ib ${look}` : "k-ib"}
      tabIndex={tabIndex}
      aria-expanded={expanded}
      aria-label={label}
      title={label}
      onClick={press}
      disabled={disabled}
    >
      <Icon name={icon} size={size} />
    </button>
  );
}
