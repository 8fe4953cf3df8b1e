import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { baseUrl } from "./world.ts";

/** Stands between the client and Attain, and breaks when it is told to. */
export class Proxy {
  readonly #server: Server;
  /** The `Last-Event-ID` of each request for events; null where there was none. */
  readonly asked: (string | null)[] = [];
  /** Answered to the next requests for events, instead of Attain. */
  readonly refusals: number[] = [];
  /** Done once somebody who listened has gone. */
  readonly left: Promise<void>;

  constructor() {
    let leave = () => {};
    this.left = new Promise((resolve) => (leave = resolve));
    this.#server = createServer((incoming, outgoing) => {
      if (incoming.url === "/v1/events") {
        this.asked.push((incoming.headers["last-event-id"] as string | undefined) ?? null);
        const status = this.refusals.shift();
        if (status !== undefined) {
          outgoing.writeHead(status, { "Retry-After": "0" }).end();
          return;
        }
      }
      const target = new URL(incoming.url ?? "/", baseUrl);
      const onward = request(target, { method: incoming.method, headers: incoming.headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
      });
      onward.on("error", () => outgoing.destroy());
      outgoing.on("close", () => {
        onward.destroy();
        if (incoming.url === "/v1/events") leave();
      });
      incoming.pipe(onward);
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Every connection breaks; new ones are taken. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
