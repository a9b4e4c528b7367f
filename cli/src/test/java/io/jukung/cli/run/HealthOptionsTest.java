package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cli.command.CliException;
import io.jukung.cli.text.Json;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HealthOptionsTest {
  private static final String IMAGE =
      "{\"Shell\":[\"/bin/ash\",\"-c\"],\"Healthcheck\":{\"Test\":[\"CMD-SHELL\",\"test -e /x\"],"
          + "\"Interval\":1000000000,\"Retries\":7}}";

  private static String check(String image, String... arguments) {
    HealthOptions options = new HealthOptions();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("h", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs(arguments);
    return options.check(Json.parse(image)).map(Object::toString).orElse("");
  }

  @Test
  void optionIsALineOfShellWithDockersDefaults() {
    assertThat(check("{}", "--health-cmd", "a b"))
        .isEqualTo(
            "{\"command\":[\"/bin/sh\",\"-c\",\"a b\"],\"interval\":30000000000,"
                + "\"timeout\":30000000000,\"startPeriod\":0,\"startInterval\":5000000000,"
                + "\"retries\":3}");
  }

  @Test
  void checkOfTheImageHoldsAndOptionsChangeIt() {
    assertThat(check(IMAGE, "--health-timeout=2s", "--health-start-period=1m30s"))
        .isEqualTo(
            "{\"command\":[\"/bin/ash\",\"-c\",\"test -e /x\"],\"interval\":1000000000,"
                + "\"timeout\":2000000000,\"startPeriod\":90000000000,"
                + "\"startInterval\":5000000000,\"retries\":7}");
    assertThat(check("{\"Healthcheck\":{\"Test\":[\"CMD\",\"a\",\"b\"]}}"))
        .contains("\"command\":[\"a\",\"b\"]");
    assertThat(check("{\"Healthcheck\":{\"Test\":[\"NONE\"]}}")).isEmpty();
    assertThat(check("{}")).isEmpty();
    assertThat(check(IMAGE, "--no-healthcheck")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--health-interval=5",
        "--health-retries=0",
        "--health-timeout=",
        "--health-interval=1s2"
      })
  void whatIsNoTimeOrCountIsRefused(String option) {
    assertThatThrownBy(() -> check(IMAGE, option)).isInstanceOf(CliException.class);
  }

  @ParameterizedTest
  @CsvSource({"30s,PT30S", "1h2m3.5s,PT1H2M3.5S", "500ms,PT0.5S", "10us,PT0.00001S", "0,PT0S"})
  void timesAreWrittenAsGoDoes(String text, Duration expected) {
    assertThat(GoDuration.parse("--x", text)).isEqualTo(expected);
  }
}
