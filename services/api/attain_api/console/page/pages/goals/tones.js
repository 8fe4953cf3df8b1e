// The colour that goes with a status, beside its word.

const TONES = { on_track: "ok", met: "ok", at_risk: "warn", off_track: "bad", missed: "bad" };

export const toneOf = (status) => TONES[status] ?? "plain";
