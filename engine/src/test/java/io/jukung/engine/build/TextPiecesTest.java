package io.jukung.engine.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

class TextPiecesTest {
  private static final String TEXT = "a\u00e4\u20ac\ud83d\ude00z";

  @Test
  void charactersAreWholeWhereverAPieceEnds() {
    byte[] bytes = TEXT.getBytes(UTF_8);
    for (int size = 1; size <= bytes.length; size++) {
      TextPieces pieces = new TextPieces();
      StringBuilder text = new StringBuilder();
      for (int at = 0; at < bytes.length; at += size) {
        text.append(pieces.next(ByteString.copyFrom(bytes, at, Math.min(size, bytes.length - at))));
      }
      assertThat(text.append(pieces.end())).as("pieces of %s bytes", size).hasToString(TEXT);
    }
  }

  @Test
  void bytesThatAreNoCharacterAreReplacedAtOnce() {
    TextPieces pieces = new TextPieces();
    assertThat(pieces.next(ByteString.copyFrom(new byte[] {(byte) 0xff, 'a'})))
        .isEqualTo("\ufffda");
    assertThat(pieces.next(ByteString.copyFrom(new byte[] {(byte) 0xe2, 'b'})))
        .isEqualTo("\ufffdb");
  }

  @Test
  void characterWithoutAnEndIsReplacedAtTheEnd() {
    TextPieces pieces = new TextPieces();
    assertThat(pieces.next(ByteString.copyFrom(new byte[] {'a', (byte) 0xe2, (byte) 0x82})))
        .isEqualTo("a");
    assertThat(pieces.end()).isEqualTo("\ufffd");
    assertThat(pieces.end()).isEmpty();
  }
}
