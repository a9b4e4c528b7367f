package io.jukung.cli.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.client.v1.CacheExport;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CacheOptionTest {
  private static final UnaryOperator<Path> ABSOLUTE = Path.of("/home/user")::resolve;

  private static CacheExport exported(String text) {
    return CacheOption.exported(List.of(text), ABSOLUTE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "registry.example/cache registry.example/cache",
        "type=registry,ref=a/b:c a/b:c",
        "type=local,src=cache oci-layout:///home/user/cache:latest",
        "src=../x,type=local,tag=main oci-layout:///home/x:main",
        "type=local,src=/a:b oci-layout:///a:b:latest",
      })
  void importedCacheIsARegistrysOrADirectory(String text, String name) {
    assertThat(CacheOption.imported(List.of(text), ABSOLUTE)).containsExactly(name);
  }

  @Test
  void exportedCacheHasItsModeAndWhetherItMayFail() {
    CacheExport local = exported("type=local,dest=c,mode=max,ignore-error=true");
    assertThat(local.getReference()).isEqualTo("oci-layout:///home/user/c:latest");
    assertThat(local.getAllStages()).isTrue();
    assertThat(local.getIgnoreErrors()).isTrue();
    assertThat(exported("type=registry,ref=a").getAllStages()).isFalse();
    assertThat(CacheOption.exported(List.of(), ABSOLUTE))
        .isEqualTo(CacheExport.getDefaultInstance());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "type=gha",
        "type=inline",
        "type=local",
        "type=local,dest=",
        "type=local,src=a",
        "type=local,dest=a,ref=b",
        "type=registry,dest=a",
        "type=registry,ref=a,ref=b",
        "ref=a,mode=all",
        "ref=a,more",
      })
  void whatIsNotKnownIsRefused(String text) {
    assertThatThrownBy(() -> exported(text))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("--cache-to");
  }
}
