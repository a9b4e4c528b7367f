package io.jukung.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HumanWordsTest {
  @ParameterizedTest
  @CsvSource({
    "-5, Less than a second", "0, Less than a second", "1, 1 second", "59, 59 seconds",
    "60, About a minute", "119, About a minute", "120, 2 minutes", "3599, 59 minutes",
    "3600, About an hour", "7200, 2 hours", "172799, 47 hours", "172800, 2 days",
    "1209600, 2 weeks", "5184000, 2 months", "63072000, 2 years",
  })
  void spansAreInDockersWords(long seconds, String words) {
    assertThat(HumanTime.span(Duration.ofSeconds(seconds))).isEqualTo(words);
  }

  @Test
  void noTimeIsADash() {
    var clock = InstantSource.fixed(Instant.ofEpochSecond(100));
    assertThat(HumanTime.ago(0, clock)).isEqualTo("-");
    assertThat(HumanTime.ago(40_000_000_000L, clock)).isEqualTo("About a minute ago");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "999, 999B",
    "1000, 1kB",
    "1234, 1.23kB",
    "12345, 12.3kB",
    "123456, 123kB",
    "999499, 999kB",
    "999500, 1MB",
    "4210000, 4.21MB",
    "9995000, 10MB",
    "1000000000, 1GB",
    "9223372036854775807, 9.22EB",
  })
  void sizesHaveThreeDigits(long bytes, String text) {
    assertThat(HumanSize.format(bytes)).isEqualTo(text);
  }

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
  void sizesAreReadAsDockerDoes(String text, long bytes) {
    assertThat(HumanSize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-1m", "1x", "1mm", "1,5g", "999999999999999t"})
  void otherSizesAreRefused(String text) {
    assertThatThrownBy(() -> HumanSize.parse(text)).isInstanceOf(CliException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "sha256:0123456789abcdef, 0123456789ab",
    "0123456789abcdef, 0123456789ab",
    "abc, abc",
    "'', ''"
  })
  void idsAreShortened(String id, String shortId) {
    assertThat(ShortId.of(id)).isEqualTo(shortId);
  }

  @Test
  void tableIsAlignedWithoutTrailingSpace() {
    Table table = new Table("NAME", "X");
    table.row("a", "");
    table.row("longer", "y");
    var out = new ByteArrayOutputStream();

    table.print(new PrintStream(out, true));

    assertThat(out).hasToString("NAME     X\na\nlonger   y\n");
    assertThatThrownBy(() -> table.row("one")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({
    "'start of container c: exec \"/bin/x\": no such file or directory', 127",
    "'exec \"x\": executable file not found in $PATH', 127",
    "'exec \"/x: y\": permission denied', 126",
    "'exec \"/bin/x\": exec format error', 126",
    "'mount(src=/x): ENOENT No such file or directory', 125",
    "'container exec \"x\" not found', 125",
    "'', 125",
  })
  void startFailureBecomesDockersExitCode(String message, int code) {
    assertThat(ExitCode.ofStartFailure(message, ExitCode.USAGE)).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({
    "busybox, busybox-",
    "registry:5000/library/busybox:1.36, busybox-",
    "x/y@sha256:abc, y-",
    "a/__b, container-",
    "docker.io/my.app, my-app-",
  })
  void generatedNameComesFromTheImage(String image, String start) {
    assertThat(Run.generatedName(image))
        .matches(java.util.regex.Pattern.quote(start) + "[0-9a-f]{4}");
  }
}
