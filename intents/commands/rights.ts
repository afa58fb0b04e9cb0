/** Who may do it and whether it changes something, as most kinds have it. */
export const read = { role: "viewer", acts: false, arrives: null } as const;
export const operate = { role: "operator", acts: true, arrives: null } as const;
export const decide = { role: "approver", acts: true, arrives: null } as const;
