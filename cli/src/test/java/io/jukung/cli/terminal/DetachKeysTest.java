package io.jukung.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.streaming.DetachKeys;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
  private static final String P = "\020";
  private static final String Q = "\021";

  private final DetachKeys keys = new DetachKeys("");

  private String type(String typed) {
    byte[] bytes = typed.getBytes(StandardCharsets.ISO_8859_1);
    return new String(keys.filter(bytes, bytes.length), StandardCharsets.ISO_8859_1);
  }

  @Test
  void detachKeysEndTheInputAndLaterBytesAreDropped() {
    assertThat(type("before" + P + Q + "after")).isEqualTo("before");
    assertThat(keys.isDetached()).isTrue();
    assertThat(type("later")).isEmpty();
  }

  @Test
  void detachKeysAreFoundWhenTheyArriveOneByOne() {
    assertThat(type("a")).isEqualTo("a");
    assertThat(type(P)).isEmpty();
    assertThat(keys.isDetached()).isFalse();
    assertThat(type(Q)).isEmpty();
    assertThat(keys.isDetached()).isTrue();
  }

  @Test
  void otherKeysReachTheContainer() {
    assertThat(type(Q + P + "x" + P)).isEqualTo(Q + P + "x");
    assertThat(type(P)).isEqualTo(P);
    assertThat(type("y\u00ff")).isEqualTo(P + "y\u00ff");
    assertThat(keys.isDetached()).isFalse();
  }
}
