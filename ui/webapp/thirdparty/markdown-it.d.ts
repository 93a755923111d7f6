// The module itself is bundled from npm by scripts/vendor.mjs.
export { default } from "markdown-it/dist/markdown-it.mjs";
export type { StateBlock, StateInline, Token } from "markdown-it/dist/markdown-it.mjs";
