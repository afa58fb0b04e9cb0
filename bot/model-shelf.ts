import { createRowMembers } from "../ml/fit.ts";
import type { Model } from "../ml/model.ts";
import { decodeModel } from "../ml/model-codec.ts";

/** A decoded model in a worker thread; many targets may share one. */
export type ShelvedModel = {
  key: string;
  model: Model;
  /** Its members' working space, for all scorers of this model. */
  members: ReturnType<typeof createRowMembers>;
  /** About what it takes in memory. */
  bytes: number;
  holders: number;
};

export type ModelShelf = ReturnType<typeof createModelShelf>;

/**
 * The decoded models of a worker thread, by the SHA-256 of their stored bytes: the same bytes under several versions
 * or targets are one model. What somebody holds stays; of the others the least recently used go first when `mostBytes`
 * are exceeded.
 */
export function createModelShelf({ mostBytes }: { mostBytes: number }) {
  const shelf = new Map<string, ShelvedModel>();
  let bytes = 0;

  function find(key: string): ShelvedModel | undefined {
    const found = shelf.get(key);
    if (found === undefined) return undefined;
    // A Map keeps the order of insertion: what is asked for goes to the end.
    shelf.delete(key);
    shelf.set(key, found);
    return found;
  }

  /** Decodes and keeps a model; null when what is held leaves no room for it. Throws a ModelError for other bytes. */
  function put(key: string, encoded: Uint8Array): ShelvedModel | null {
    const known = find(key);
    if (known !== undefined) return known;
    if (!makeRoom(encoded.byteLength)) return null;
    const model = decodeModel(encoded);
    const members = createRowMembers(model.fitted);
    const added = { key, model, members, bytes: encoded.byteLength, holders: 0 };
    shelf.set(key, added);
    bytes += added.bytes;
    return added;
  }

  function makeRoom(wanted: number): boolean {
    for (const each of shelf.values()) {
      if (bytes + wanted <= mostBytes) return true;
      if (each.holders > 0) continue;
      shelf.delete(each.key);
      bytes -= each.bytes;
    }
    return bytes + wanted <= mostBytes;
  }

  return {
    find,
    put,
    hold: (model: ShelvedModel): void => void (model.holders += 1),
    release: (model: ShelvedModel): void => void (model.holders -= 1),
    bytes: (): number => bytes,
  };
}
