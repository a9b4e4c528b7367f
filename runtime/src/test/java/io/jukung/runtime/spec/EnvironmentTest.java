package io.jukung.runtime.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.jukung.cri.v1.KeyValue;
import java.util.List;
import org.junit.jupiter.api.Test;

class EnvironmentTest {
  @Test
  void lastDuplicateWinsAtThePositionOfTheFirst() {
    List<String> env =
        new Environment()
            .addWords(List.of("A=image", "B=image", "PATH=/image", "novalue"))
            .addContainer(
                List.of(variable("A", "first"), variable("C", "="), variable("A", "last")))
            .setIfAbsent("B", "absent")
            .setIfAbsent("HOME", "/root")
            .toList();
    assertThat(env).containsExactly("PATH=/image", "A=last", "B=image", "C==", "HOME=/root");
  }

  @Test
  void pathHasADefault() {
    assertThat(new Environment().toList())
        .singleElement()
        .isEqualTo("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  }

  @Test
  void invalidVariableIsRefusedWithoutShowingItsValue() {
    for (String name : List.of("", "A=B")) {
      assertThatThrownBy(() -> new Environment().addContainer(List.of(variable(name, "s3cret"))))
          .hasMessageContaining("\"" + name + "\"")
          .hasMessageNotContaining("s3cret");
    }
    KeyValue binary =
        KeyValue.newBuilder()
            .setKey("BIN")
            .setValue(ByteString.copyFrom(new byte[] {(byte) 0xff}))
            .build();
    assertThatThrownBy(() -> new Environment().addContainer(List.of(binary)))
        .hasMessageContaining("BIN is not UTF-8");
  }

  private static KeyValue variable(String name, String value) {
    return KeyValue.newBuilder().setKey(name).setValue(ByteString.copyFromUtf8(value)).build();
  }
}
