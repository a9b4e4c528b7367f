package io.jukung.runtime.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigValuesTest {
  @ParameterizedTest
  @CsvSource({
    "0B, 0",
    "1B, 1",
    "1023B, 1023",
    "64KiB, 65536",
    "16MiB, 16777216",
    "3GiB, 3221225472",
    "1025KiB, 1049600",
    "2TiB, 2199023255552",
  })
  void sizesParseAndPrintBack(String text, long bytes) {
    assertThat(DataSize.parse(text)).isEqualTo(new DataSize(bytes));
    assertThat(new DataSize(bytes)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "16", "16M", "16MB", "-1B", "1.5MiB", "1 MiB", "9999999999TiB", "1mib"})
  void textsThatAreNotSizesAreRefused(String text) {
    assertThatThrownBy(() -> DataSize.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "0s, 0",
    "500ms, 500",
    "10s, 10000",
    "1m30s, 90000",
    "2h, 7200000",
    "1h1s1ms, 3601001"
  })
  void durationsParseAndPrintBack(String text, long millis) {
    assertThat(DurationText.parse(text)).isEqualTo(Duration.ofMillis(millis));
    assertThat(DurationText.format(Duration.ofMillis(millis))).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "s", "1s1m", "-1s", "1.5s", "10 s", "1d"})
  void textsThatAreNotDurationsAreRefused(String text) {
    assertThatThrownBy(() -> DurationText.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"0660, rw-rw----", "600, rw-------", "0777, rwxrwxrwx", "0412, r----x-w-"})
  void modesAreOctal(String text, String permissions) {
    assertThat(PosixFilePermissions.toString(FileMode.parse(text).permissions()))
        .isEqualTo(permissions);
  }

  @ParameterizedTest
  @CsvSource({
    "shim.spare, shim.spare",
    "shim.spar, shim.spare",
    "shim.spaer, shim.spare",
    "spare, shim.spare",
    "cgroups, cgroup",
  })
  void nearestKeyNeedsTheFewestEdits(String unknown, String nearest) {
    assertThat(ConfigKeys.nearest(unknown)).isEqualTo(nearest);
  }
}
