import { createHash } from "node:crypto";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";

/** Counts up whenever a stored model could no longer be read as what it was. */
export const MODEL_VERSION = 3;

/** "SCOM", version (u32), SHA-256 of the rest, length of the JSON part (u32), JSON, then the arrays, 8-byte aligned. */
const MAGIC = 0x53434f4d;
const HEADER_BYTES = 44;
const ALIGNMENT = 8;

const arrayTypes = { Float64Array, Float32Array, Int32Array, Int16Array, Uint8Array };
type ArrayTypeName = keyof typeof arrayTypes;
type TypedArray = InstanceType<(typeof arrayTypes)[ArrayTypeName]>;
type StoredArray = { type: ArrayTypeName; offset: number; length: number };

/** A model as bytes for the model store: versioned, and checked when it is read back. */
export function encodeModel(model: Model): Uint8Array {
  const stored = new Map<TypedArray, number>();
  const arrays: StoredArray[] = [];
  const chunks: { offset: number; bytes: Uint8Array }[] = [];
  let size = 0;
  const tree = JSON.stringify(model, (_, value: unknown) => {
    const type = typeNameOf(value);
    if (type === null)
      return typeof value === "number" && !Number.isFinite(value) ? { $number: `${value}` } : value;
    const array = value as TypedArray;
    const known = stored.get(array) ?? arrays.length;
    if (!stored.has(array)) {
      stored.set(array, known);
      arrays.push({ type, offset: size, length: array.length });
      chunks.push({ offset: size, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) });
      size = aligned(size + array.byteLength);
    }
    return { $array: known };
  });
  const text = new TextEncoder().encode(JSON.stringify({ tree, arrays }));
  const body = aligned(HEADER_BYTES + text.length);
  const bytes = new Uint8Array(body + size);
  bytes.set(text, HEADER_BYTES);
  for (const { offset, bytes: chunk } of chunks) bytes.set(chunk, body + offset);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(4, MODEL_VERSION);
  view.setUint32(40, text.length);
  bytes.set(digestOf(bytes), 8);
  return bytes;
}

/** Reads what `encodeModel` wrote. Throws a ModelError for other bytes, another version, or a cut or changed file. */
export function decodeModel(bytes: Uint8Array): Model {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || view.getUint32(0) !== MAGIC)
    throw unreadable("these bytes are not a model");
  const version = view.getUint32(4);
  if (version !== MODEL_VERSION)
    throw unreadable(`it has version ${version}, and this program reads version ${MODEL_VERSION}`);
  if (!digestOf(bytes).every((byte, i) => byte === bytes[8 + i]))
    throw unreadable("its checksum does not match, so it was cut short or changed");
  const textLength = view.getUint32(40);
  const body = aligned(HEADER_BYTES + textLength);
  const text = new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + textLength));
  const { tree, arrays } = JSON.parse(text) as { tree: string; arrays: StoredArray[] };
  const restored = arrays.map((array) => readArray(bytes, body, array));
  // The checksum has shown that these are the bytes encodeModel wrote from a Model of this version.
  return JSON.parse(tree, (_, value: unknown) => revive(value, restored)) as Model;
}

function revive(value: unknown, arrays: TypedArray[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$array" in value) return arrays[value.$array as number];
  if ("$number" in value) return Number(value.$number);
  return value;
}

function readArray(bytes: Uint8Array, body: number, { type, offset, length }: StoredArray): TypedArray {
  const constructor = arrayTypes[type];
  const start = bytes.byteOffset + body + offset;
  const own = bytes.buffer.slice(start, start + length * constructor.BYTES_PER_ELEMENT) as ArrayBuffer;
  return new constructor(own, 0, length);
}

function typeNameOf(value: unknown): ArrayTypeName | null {
  const names = Object.keys(arrayTypes) as ArrayTypeName[];
  return names.find((name) => value instanceof arrayTypes[name]) ?? null;
}

function digestOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes.subarray(0, 8)).update(bytes.subarray(40)).digest();
}

function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function unreadable(why: string): ModelError {
  return new ModelError(
    "unreadable_model",
    `The stored model cannot be used: ${why}. Train it again: smartcloudops train --target NAME.`,
  );
}
