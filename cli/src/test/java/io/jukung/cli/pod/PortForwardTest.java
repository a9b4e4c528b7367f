package io.jukung.cli.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.cli.pod.PortForward.Ports;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PortForwardTest {
  @Test
  void portsAreReadInKubectlsForms() {
    assertThat(Ports.parse("8080:80")).isEqualTo(new Ports(8080, 80));
    assertThat(Ports.parse("80")).isEqualTo(new Ports(80, 80));
    assertThat(Ports.parse(":80")).isEqualTo(new Ports(0, 80));
    assertThat(Ports.parse("0:80")).isEqualTo(new Ports(0, 80));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":", "x", "80:", "80:x", "0", "80:0", "65536", "65536:1", "1:2:3", "-1"})
  void textThatIsNoPortIsRefusedByName(String text) {
    assertThatThrownBy(() -> Ports.parse(text))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("not a port: \"" + text + "\"");
  }
}
