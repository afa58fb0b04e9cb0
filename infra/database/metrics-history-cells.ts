const bytesPerValue = 8;

/** Values as little-endian float64, anything that is not finite as NaN; null where none is finite. */
export function packCells(values: ArrayLike<number>): Uint8Array | null {
  const cells = Buffer.allocUnsafe(values.length * bytesPerValue);
  let known = false;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    const finite = Number.isFinite(value);
    known ||= finite;
    cells.writeDoubleLE(finite ? value : Number.NaN, i * bytesPerValue);
  }
  return known ? cells : null;
}

/** The values of a row with `length` metrics. Throws when the row holds another number: then the store is damaged. */
export function unpackCells(cells: Uint8Array | null, length: number): Float64Array {
  const values = new Float64Array(length).fill(Number.NaN);
  if (cells === null) return values;
  if (cells.byteLength !== length * bytesPerValue)
    throw new Error(
      `a row of the metrics history holds ${cells.byteLength} bytes for ${length} metrics: the store is damaged, restore a backup`,
    );
  const bytes = new DataView(cells.buffer, cells.byteOffset, cells.byteLength);
  for (let i = 0; i < length; i++) values[i] = bytes.getFloat64(i * bytesPerValue, true);
  return values;
}
