package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemorySizeTest {
  @ParameterizedTest
  @CsvSource({
    "4096, 4096",
    "4096b, 4096",
    "1k, 1024",
    "64m, 67108864",
    "64M, 67108864",
    "64MiB, 67108864",
    "64mb, 67108864",
    "1.5g, 1610612736",
    "2t, 2199023255552",
  })
  void sizesAreInPowersOf1024AsInDocker(String text, long bytes) {
    assertThat(MemorySize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-1m", "1x", "1mm", "1,5g", "999999999999999t"})
  void textsThatAreNotSizesAreRefused(String text) {
    assertThatThrownBy(() -> MemorySize.parse(text)).isInstanceOf(CliException.class);
  }
}
