import assert from "node:assert/strict";
import { test } from "node:test";
import { readFrames, type Frame } from "../dist/frames.js";

async function framesOf(chunks: Uint8Array[]): Promise<{ frames: Frame[]; heard: number }> {
  let heard = 0;
  const frames: Frame[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const frame of readFrames(body, () => (heard += 1))) frames.push(frame);
  return { frames, heard };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test("a frame may come byte by byte, with letters of several bytes", async () => {
  const { frames } = await framesOf(Array.from(bytes("id: 7\nevent: told\ndata: 提升\n\n"), (one) => Uint8Array.of(one)));
  assert.deepEqual(frames, [{ event: "told", data: "提升", id: "7", retry: null }]);
});

test("lines end as they like, and data may have several", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const text = ["retry: 500", "data: a", "data:b", "", "data: c", "", ""].join(end);
    const { frames } = await framesOf([bytes(text)]);
    assert.deepEqual(
      frames.map(({ data, retry }) => [data, retry]),
      [
        ["a\nb", 500],
        ["c", null],
      ],
    );
  }
});

test("a comment is heard and tells nothing, and half a frame is none", async () => {
  const { frames, heard } = await framesOf([bytes(": ping\n\n"), bytes("data: half")]);
  assert.deepEqual([frames, heard], [[], 2]);
});
