// In: numbered fields. Out: the bytes of a protobuf message.

/** Wire types: https://protobuf.dev/programming-guides/encoding. */
const wire = { varint: 0, lengthDelimited: 2, fixed32: 5 } as const;

/** A whole number in groups of seven bits, lowest first; negative ones as 64-bit two's complement. */
function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 0x7fn; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** A message; its fields are written in the order of the calls. */
export class Message {
  readonly #parts: Uint8Array[] = [];

  #tag(field: number, type: number): void {
    this.#parts.push(varint(field * 8 + type));
  }
  int(field: number, value: number): this {
    this.#tag(field, wire.varint);
    this.#parts.push(varint(value));
    return this;
  }
  float(field: number, value: number): this {
    this.#tag(field, wire.fixed32);
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#parts.push(bytes);
    return this;
  }
  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, wire.lengthDelimited);
    this.#parts.push(varint(value.length), value);
    return this;
  }
  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }
  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }
  finish(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}
