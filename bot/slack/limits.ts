/** What Slack takes, in characters or pieces; ours where experience is stricter than the documentation. */
export const limits = {
  /** https://docs.slack.dev/reference/block-kit/blocks/header-block */
  title: 150,
  /** https://docs.slack.dev/reference/block-kit/blocks/section-block */
  text: 3_000,
  /** A field of a section: 2,000 characters, ten a section (same page); we show three sections of them. */
  field: 2_000,
  fieldsPerBlock: 10,
  fields: 30,
  /** https://docs.slack.dev/reference/block-kit/blocks/context-block, text as short as we need it */
  footer: 1_000,
  /** https://docs.slack.dev/reference/block-kit/blocks/image-block */
  alt: 2_000,
  /** https://docs.slack.dev/reference/block-kit/block-elements/button-element */
  buttonLabel: 75,
  buttonToken: 2_000,
  /** https://docs.slack.dev/reference/block-kit/blocks/actions-block allows 25 a block; five read better. */
  buttonsPerRow: 5,
  buttons: 25,
  /** https://docs.slack.dev/reference/block-kit/blocks allows 50; five are kept back for what Slack adds. */
  blocks: 45,
  /** Ours: who asks more people than this asks nobody. */
  mentions: 10,
  /** A message of about 13,200 characters fails without being documented: github.com/slackapi/bolt-js/issues/2509 */
  total: 12_000,
  /** What notifications and old clients show instead of the blocks. */
  fallback: 500,
  /** https://docs.slack.dev/apis/web-api/rate-limits : chat.postMessage about once a second and channel */
  postIntervalMs: 1_000,
} as const;
