package io.jukung.engine.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;

/**
 * Decodes UTF-8 that comes in pieces. A character that a piece ends within is kept, at most three
 * bytes, until the next piece. What is no UTF-8 becomes U+FFFD. Used by one thread.
 */
final class TextPieces {
  private final CharsetDecoder decoder =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  private byte[] tail = {};

  /** Returns the characters that are whole with this piece. */
  String next(ByteString piece) {
    ByteBuffer in = ByteBuffer.allocate(tail.length + piece.size()).put(tail);
    piece.copyTo(in);
    in.flip();
    CharBuffer out = CharBuffer.allocate(in.remaining()); // a byte gives at most one
    var _ = decoder.decode(in, out, /* endOfInput= */ false);
    tail = new byte[in.remaining()];
    in.get(tail);
    return out.flip().toString();
  }

  /** Returns what is left of a character that has no end. */
  String end() {
    String rest = new String(tail, UTF_8);
    tail = new byte[0];
    return rest;
  }
}
