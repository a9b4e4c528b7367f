package io.jukung.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArgumentsTest {
  private static Arguments parse(String line) {
    return Arguments.parse(List.of(line.split(" ")), Map.of());
  }

  @Test
  void withoutOptionsOneSocketIsServed() {
    Arguments arguments = parse("engine");
    assertThat(arguments.listen())
        .containsExactly(new ListenAddress.Socket(Path.of("/run/jukung/docker.sock")));
    assertThat(arguments.tls()).isEmpty();
  }

  @Test
  void severalPlacesAreServed() {
    Arguments arguments =
        parse(
            "-s /d engine --listen unix:///a --listen=tcp://[::1]:2376 --listen fd:// --tlsverify"
                + " --tlscacert ca --tlscert c --tlskey k");
    assertThat(arguments.listen())
        .containsExactly(
            new ListenAddress.Socket(Path.of("/a")),
            new ListenAddress.Tcp("::1", 2376),
            new ListenAddress.Inherited());
    assertThat(arguments.tls()).contains(new TlsFiles(Path.of("ca"), Path.of("c"), Path.of("k")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "engine --listen tcp://0.0.0.0:2375",
        "engine --listen tcp://0.0.0.0:2376 --tlsverify",
        "engine --listen tcp://0.0.0.0:2376 --tlscacert ca --tlscert c --tlskey k",
        "engine --listen tcp://0.0.0.0:2376 --tlsverify --tlscacert ca --tlscert c",
      })
  void portWithoutCertificatesOnBothSidesIsRefused(String line) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--tlsverify")
        .hasMessageContaining("root on the node");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "engine --listen tcp://0.0.0.0",
        "engine --listen tcp://h:65536",
        "engine --listen http://h:1",
        "engine --tlsverify --tlscacert ca --tlscert c --tlskey k",
        "engine --nothing",
        "engine --listen",
      })
  void wrongOptionsAreRefused(String line) {
    assertThatThrownBy(() -> parse(line)).isInstanceOf(IllegalArgumentException.class);
  }
}
