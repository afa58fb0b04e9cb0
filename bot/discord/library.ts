import type { Client, SimpleShardingStrategy } from "discord.js";
import type { SurfaceLog } from "../heard.ts";

type Discord = Pick<typeof import("discord.js"), "SimpleShardingStrategy">;

/** The inner methods of a shard that the library calls without looking at how they end. */
type Shard = {
  internalConnect(): Promise<void>;
  onMessage(data: unknown, isBinary: boolean): Promise<void>;
  onClose(code: number): Promise<void>;
  heartbeat(requested?: boolean): Promise<void>;
};

/**
 * Keeps discord.js from turning packets into its own objects: nothing here reads them, they would fill memory,
 * and a packet that lacks a field would end the process from inside a timer.
 */
export function withoutCaches(client: Client): void {
  const packets = client.ws as unknown as { handlePacket(): boolean };
  packets.handlePacket = () => true;
}

/** The library lets a packet it does not expect end the process; here such a packet only costs itself. */
export function guardedStrategy(
  discord: Discord,
  manager: ConstructorParameters<Discord["SimpleShardingStrategy"]>[0],
  isOpen: () => boolean,
  log: SurfaceLog,
): SimpleShardingStrategy {
  const strategy = new discord.SimpleShardingStrategy(manager);
  const spawn = strategy.spawn.bind(strategy);
  strategy.spawn = async (shardIds) => {
    await spawn(shardIds);
    for (const shard of shardsOf(strategy)) guardShard(shard, isOpen, log);
  };
  return strategy;
}

/** The library keeps its shards and these methods to itself; they are reached here and nowhere else. */
function shardsOf(strategy: SimpleShardingStrategy): Shard[] {
  return [...strategy["shards"].values()] as unknown as Shard[];
}

function guardShard(shard: Shard, isOpen: () => boolean, log: SurfaceLog): void {
  const dropped = (error: unknown) => {
    log.warn({ error: String(error) }, "a packet of Discord's could not be handled");
  };
  const connect = shard.internalConnect.bind(shard);
  const message = shard.onMessage.bind(shard);
  const closed = shard.onClose.bind(shard);
  const beat = shard.heartbeat.bind(shard);
  // After a close the library may still be about to reconnect: that connection would belong to nobody.
  shard.internalConnect = async () => (isOpen() ? connect().catch(dropped) : undefined);
  shard.onMessage = (data, isBinary) => message(data, isBinary).catch(dropped);
  shard.onClose = (code) => closed(code).catch(dropped);
  shard.heartbeat = (requested) => beat(requested).catch(dropped);
}
