import { sha256 } from './bytes.js';

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** RFC 9162 section 2.1.1: the hash of a leaf. */
export const leafHash = (...content: Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> => sha256(leafPrefix, ...content);

/** RFC 9162 section 2.1.3.2: the root that a leaf and its path lead to; null where the path has not the length of its place. */
export async function rootOf(leaf: Uint8Array, index: number, size: number, path: Uint8Array[]): Promise<Uint8Array | null> {
  if (index >= size) return null;
  // 1 to 3: fn and sn, bit by bit; numbers beyond 32 bits need whole-number arithmetic.
  let [first, second] = [BigInt(index), BigInt(size - 1)];
  let root = leaf;
  for (const sibling of path) {
    // 4a: the path is longer than the tree is high.
    if (second === 0n) return null;
    if ((first & 1n) === 1n || first === second) {
      // 4b: a sibling on the left; levels at which this node has none are passed over.
      root = await sha256(nodePrefix, sibling, root);
      while ((first & 1n) === 0n && first !== 0n) {
        first >>= 1n;
        second >>= 1n;
      }
    } else {
      // 4c: a sibling on the right.
      root = await sha256(nodePrefix, root, sibling);
    }
    // 4d
    first >>= 1n;
    second >>= 1n;
  }
  // 5
  return second === 0n ? root : null;
}
