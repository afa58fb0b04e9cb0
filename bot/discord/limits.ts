/** What Discord takes, in characters or pieces. */
export const limits = {
  /** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
  title: 256,
  /** 4,096 by the same page; shorter, so that title, text, fields and footer stay under `total`. */
  text: 3_000,
  fieldName: 256,
  field: 1_024,
  fields: 25,
  /** 2,048 by the same page; ours is shorter. */
  footer: 1_000,
  /** All texts of all embeds of a message together (same page). */
  total: 6_000,
  /** https://discord.com/developers/docs/resources/message#attachment-object */
  alt: 1_024,
  /** https://discord.com/developers/docs/components/reference#button */
  buttonLabel: 80,
  buttonToken: 100,
  /** https://discord.com/developers/docs/components/reference#action-row : five a row, five rows */
  buttonsPerRow: 5,
  buttons: 25,
  /** Ours: who asks more people than this asks nobody. */
  mentions: 10,
  /** https://discord.com/developers/docs/resources/message#create-message : nonce */
  nonce: 25,
  /** https://discord.com/developers/docs/topics/gateway#session-start-limit resets the token at 1,000 a day */
  identifiesPerHour: 20,
  /** https://discord.com/developers/docs/topics/rate-limits : 10,000 refused requests in 10 min ban the address */
  refusalsPerTenMinutes: 500,
  /** Events replayed after an outage come late: an older command is no longer what its author wants. */
  commandAgeMs: 60_000,
} as const;
