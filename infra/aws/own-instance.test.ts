import { type RequestListener, createServer } from "node:http";
import { expect, test } from "vitest";
import { ownInstanceId } from "./own-instance.ts";

async function against(listener: RequestListener): Promise<string | null> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    return await ownInstanceId(`http://127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test("on EC2 the instance's own id is read with a token", async () => {
  const id = await against((request, response) => {
    if (request.method === "PUT" && request.url === "/latest/api/token") return response.end("t1");
    response.statusCode = request.headers["x-aws-ec2-metadata-token"] === "t1" ? 200 : 401;
    response.end("i-0a1b2c3d4e5f60001");
  });
  expect(id).toBe("i-0a1b2c3d4e5f60001");
});

test("elsewhere there is none: refused, silent, redirected or talking nonsense", async () => {
  expect(await against((_, response) => response.writeHead(404).end())).toBeNull();
  expect(await against(() => undefined)).toBeNull();
  expect(await against((_, response) => response.writeHead(302, { location: "/x" }).end())).toBeNull();
  expect(await against((_, response) => response.end("<html>captive portal</html>"))).toBeNull();
  expect(await ownInstanceId("http://127.0.0.1:1")).toBeNull();
});
