package io.jukung.engine.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.streaming.DetachKeys;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
  private static String passed(DetachKeys keys, String typed) {
    byte[] bytes = typed.getBytes(US_ASCII);
    return new String(keys.filter(bytes, bytes.length), US_ASCII);
  }

  @Test
  void controlPAndControlQDetach() {
    DetachKeys keys = new DetachKeys("");
    assertThat(passed(keys, "ab\u0010")).isEqualTo("ab");
    assertThat(keys.isDetached()).isFalse();
    assertThat(passed(keys, "\u0011rest")).isEmpty();
    assertThat(keys.isDetached()).isTrue();
  }

  @Test
  void beginningOfTheKeysIsPassedOnWhenItIsNone() {
    DetachKeys keys = new DetachKeys("");
    assertThat(passed(keys, "\u0010x")).isEqualTo("\u0010x");
    assertThat(passed(keys, "\u0010\u0010")).isEqualTo("\u0010");
    assertThat(passed(keys, "\u0011")).isEmpty();
    assertThat(keys.isDetached()).isTrue();
  }

  @Test
  void otherKeysCanBeChosen() {
    DetachKeys keys = new DetachKeys("ctrl-@,z");
    assertThat(passed(keys, "\u0000z")).isEmpty();
    assertThat(keys.isDetached()).isTrue();
    assertThatThrownBy(() -> new DetachKeys("ctrl-1"))
        .hasMessage("Invalid detach keys: unknown character 'ctrl-1'");
  }

  @Test
  void keysThatBeginLikeThemselvesAreFound() {
    DetachKeys keys = new DetachKeys("a,a,b");
    assertThat(passed(keys, "aaa")).isEqualTo("a");
    assertThat(passed(keys, "x")).isEqualTo("aax");
    assertThat(passed(keys, "aaab")).isEqualTo("a");
    assertThat(keys.isDetached()).isTrue();
  }
}
