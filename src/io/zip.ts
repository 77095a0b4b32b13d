// In: members by name. Out: a ZIP archive; and the way back, with every length and checksum proved before it is believed.
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { DataError, ValueError } from '../errors.js';

/** Format: PKWARE's APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16, without encryption, splitting and ZIP64. */
const signature = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50 } as const;
const size = { local: 30, central: 46, end: 22 } as const;
const method = { stored: 0, deflated: 8 } as const;
/** Bits of the flags: encrypted; names in UTF-8. */
const flag = { encrypted: 1, utf8: 0x800 } as const;
/** 1 January 1980, the first day that the format knows: equal content gives equal bytes. */
const firstDay = 0x21;
const version = 20;
const longestComment = 0xffff;
const limit = { members: 0xffff, bytes: 0xffffffff } as const;
/** Deflate cannot pack more than this into one byte: RFC 1951, 258 bytes in 2 bits. */
const greatestRatio = 1032;
const again = 'Fetch or save the file again, or check that it is the file that was meant.';

/** Over all parts; Node's crc32 forgets what came before an empty one. */
const checksum = (parts: readonly Uint8Array[]): number =>
  parts.reduce((crc, part) => (part.length > 0 ? crc32(part, crc) : crc), 0);

interface Member {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly plain: number;
  readonly offset: number;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** The list of members from the archive's end. */
function readDirectory(bytes: Uint8Array, archive: string): Member[] {
  const view = viewOf(bytes);
  const damaged = (what: string): DataError => new DataError(`${archive}: damaged ZIP archive: ${what}`, again);
  let end = bytes.length - size.end;
  const lowest = Math.max(0, end - longestComment);
  while (end >= lowest && !(view.getUint32(end, true) === signature.end)) end--;
  if (end < lowest) throw new DataError(`${archive}: not a ZIP archive, or cut off: its directory is missing`, again);
  const count = view.getUint16(end + 10, true);
  const start = view.getUint32(end + 16, true);
  if (count === limit.members || start === limit.bytes)
    throw new DataError(
      `${archive}: a ZIP64 archive`,
      'Archives of more than 4 GiB cannot be read; save .npy or .safetensors files instead.',
    );
  const members: Member[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + size.central > end || view.getUint32(at, true) !== signature.central)
      throw damaged(`entry ${i} of its directory is missing`);
    const lengths = [28, 30, 32].map((offset) => view.getUint16(at + offset, true)) as [number, number, number];
    const next = at + size.central + lengths[0] + lengths[1] + lengths[2];
    if (next > end) throw damaged(`entry ${i} of its directory is cut off`);
    const name = Buffer.from(bytes.subarray(at + size.central, at + size.central + lengths[0])).toString('utf8');
    const word = (offset: number): number => view.getUint32(at + offset, true);
    members.push({
      name,
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc: word(16),
      packed: word(20),
      plain: word(24),
      offset: word(42),
    });
    at = next;
  }
  return members;
}

function readMember(bytes: Uint8Array, member: Member, archive: string): Uint8Array {
  const label = `${archive}: '${member.name.slice(0, 80)}'`;
  const damaged = (what: string, cause?: unknown): DataError => new DataError(`${label} ${what}`, again, { cause });
  const { offset, packed, plain } = member;
  const view = viewOf(bytes);
  if (offset + size.local > bytes.length || view.getUint32(offset, true) !== signature.local)
    throw damaged('is not where the directory has it');
  const start = offset + size.local + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  if (start + packed > bytes.length)
    throw damaged(`claims ${packed} bytes, of which ${bytes.length - start} are there`);
  if (member.flags & flag.encrypted)
    throw new DataError(`${label} is encrypted`, 'Save the archive without a password.');
  const content = bytes.subarray(start, start + packed);
  let out = content;
  if (member.method === method.deflated) {
    if (plain > packed * greatestRatio) throw damaged(`claims to hold ${plain} bytes in ${packed}, which cannot be`);
    try {
      out = inflateRawSync(content, { maxOutputLength: Math.max(1, plain) });
    } catch (cause) {
      throw damaged(`cannot be unpacked (${cause instanceof Error ? cause.message : String(cause)})`, cause);
    }
  } else if (member.method !== method.stored) {
    throw new DataError(
      `${label} is packed by method ${member.method}`,
      'Members are stored or deflated; save the archive again with np.savez or np.savez_compressed.',
    );
  }
  if (out.length !== plain) throw damaged(`holds ${out.length} bytes instead of ${plain}`);
  if (crc32(out) !== member.crc) throw damaged('has the wrong checksum');
  return out;
}

/**
 * The members of an archive, in the order of its directory.
 * @param archive what to call it in errors.
 * @throws DataError for a damaged or truncated archive, and for encryption, ZIP64 and packing other than by deflate.
 */
export function readZip(bytes: Uint8Array, archive: string): Map<string, Uint8Array> {
  const members = readDirectory(bytes, archive);
  // Members that overlap could claim the same bytes many times over.
  if (members.reduce((sum, { packed }) => sum + packed, 0) > bytes.length)
    throw new DataError(`${archive}: damaged ZIP archive: its members are larger than the file`, again);
  const out = new Map<string, Uint8Array>();
  for (const member of members) {
    if (out.has(member.name))
      throw new DataError(`${archive}: two members are named '${member.name.slice(0, 80)}'`, again);
    out.set(member.name, readMember(bytes, member, archive));
  }
  return out;
}

/**
 * The pieces of an archive, in order.
 * @throws ValueError beyond 4 GiB or 65,534 members, which would need ZIP64.
 */
export function* zipPieces(
  members: ReadonlyMap<string, readonly Uint8Array[]>,
  deflate: boolean,
): Generator<Uint8Array> {
  const directory: Buffer[] = [];
  let at = 0;
  for (const [text, parts] of members) {
    const plain = parts.reduce((sum, part) => sum + part.length, 0);
    const content = deflate ? [deflateRawSync(Buffer.concat(parts))] : parts;
    const packed = content.reduce((sum, part) => sum + part.length, 0);
    const name = Buffer.from(text);
    if (at + packed + size.local + name.length >= limit.bytes || members.size >= limit.members)
      throw new ValueError(
        'the archive would exceed 4 GiB or 65,534 members',
        'Save .npy or .safetensors files instead.',
      );
    // Version, flags, method, time, day, checksum, both lengths, length of the name, of extra fields.
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(version, 0);
    facts.writeUInt16LE(flag.utf8, 2);
    facts.writeUInt16LE(deflate ? method.deflated : method.stored, 4);
    facts.writeUInt16LE(firstDay, 8);
    facts.writeUInt32LE(checksum(parts), 10);
    facts.writeUInt32LE(packed, 14);
    facts.writeUInt32LE(plain, 18);
    facts.writeUInt16LE(name.length, 22);
    const local = Buffer.alloc(4);
    local.writeUInt32LE(signature.local);
    const central = Buffer.alloc(6);
    central.writeUInt32LE(signature.central);
    central.writeUInt16LE(version, 4);
    // Comment, disk and attributes stay 0; then where the member starts.
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    directory.push(central, facts, rest, name);
    yield Buffer.concat([local, facts, name]);
    yield* content;
    at += size.local + name.length + packed;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(size.end);
  end.writeUInt32LE(signature.end);
  end.writeUInt16LE(members.size, 8);
  end.writeUInt16LE(members.size, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  yield list;
  yield end;
}
