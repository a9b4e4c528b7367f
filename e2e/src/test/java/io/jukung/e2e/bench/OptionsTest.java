package io.jukung.e2e.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jukung.cri.v1.NamespaceMode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line of the benchmark. */
class OptionsTest {
  @Test
  void optionsReplaceDefaults() throws Exception {
    BenchOptions options =
        BenchOptions.parse(
            "--endpoint a=/a --endpoint b=/b --image x --pods 7 --network host --logs /l --svg /s"
                .split(" "));
    assertThat(options.endpoints()).containsExactly("a=/a", "b=/b");
    assertThat(options.pods()).isEqualTo(7);
    assertThat(options.iterations()).isEqualTo(50);
    assertThat(options.networks()).containsExactly(NamespaceMode.NODE);
    assertThat(options.logs()).isEqualTo(Path.of("/l"));
    assertThat(options.chart()).contains(Path.of("/s"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--image x",
        "--endpoint a=/a",
        "--endpoint a=/a --image",
        "--endpoint a=/a --image x --pod 7",
        "--endpoint a=/a --image x --pods 0",
        "--endpoint a=/a --image x --network none",
      })
  void wrongOptionsAreRefused(String line) {
    assertThatIllegalArgumentException().isThrownBy(() -> BenchOptions.parse(line.split(" ")));
  }

  @Test
  void endpointHasANameASocketAndSettings() {
    Contender contender =
        Contender.parse("with runc=unix:///run/c.sock,start=/s,cgroup=/c,parent=/p", "image");
    assertThat(contender.name()).isEqualTo("with runc");
    assertThat(contender.isStartable()).isTrue();
    assertThat(contender.cgroup()).contains(Path.of("/c"));
    assertThat(contender.image()).isEqualTo("image");
    assertThat(Contender.parse("a=/a", "image").isStartable()).isFalse();
    assertThat(Contender.parse("a=/a,image=b:1", "image").image()).isEqualTo("b:1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a.sock", "=/a.sock", "a=", "a=/a,b", "a=/a,unknown=1"})
  void wrongEndpointsAreRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Contender.parse(text, "image"))
        .withMessageContaining(Contender.SYNTAX);
  }
}
