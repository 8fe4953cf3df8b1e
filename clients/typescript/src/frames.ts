/** One server-sent event as it comes over the wire; without data it is a mark alone, and no event. */
export interface Frame {
  event: string;
  data: string;
  id: string | null;
  retry: number | null;
}

/** The frames of a stream; `heard` is called for whatever arrives, comments included. */
export async function* readFrames(body: ReadableStream<Uint8Array>, heard: () => void): AsyncGenerator<Frame> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard();
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r\n\r\n|\n\n|\r\r/);
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const frame = parse(block);
        if (frame !== null) yield frame;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined); // it may have failed already
  }
}

function parse(block: string): Frame | null {
  const frame: Frame = { event: "message", data: "", id: null, retry: null };
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, name = "", value = ""] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
    if (name === "data") data.push(value);
    else if (name === "event") frame.event = value;
    else if (name === "id") frame.id = value;
    else if (name === "retry" && /^\d+$/.test(value)) frame.retry = Number(value);
  }
  frame.data = data.join("\n");
  return data.length > 0 || frame.id !== null ? frame : null;
}
