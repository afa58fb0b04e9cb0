import type { Action } from "./action.ts";

/** Changes nothing and calls nothing: it lets people try the whole way from the button to the record. */
export const practice: Action = {
  name: "practice",
  // As grave as what it stands for, so that the same people may decide about it.
  risk: 2,
  idempotency: "convergent",
  complaint: (params) => (Object.keys(params).length === 0 ? null : "practice takes no parameters"),
  precheck: async () => ({ ok: true, proof: "nothing to check, nothing will be touched", evidence: {} }),
  postState: (_step, before) => before,
  inverse: () => null,
  call: async () => ({ reference: null }),
  probe: async () => ({
    state: "done",
    message: "This was a practice: nothing was called and nothing was touched.",
    evidence: {},
  }),
  pollMs: 1_000,
  patienceMs: () => 60_000,
};
