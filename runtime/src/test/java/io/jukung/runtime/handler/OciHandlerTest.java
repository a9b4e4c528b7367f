package io.jukung.runtime.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.runtime.config.Config;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OciHandlerTest {
  private static OciHandler handler(String... annotations) {
    return new OciHandler(
        "x",
        Path.of("/x"),
        List.of("--debug"),
        Config.HandlerCgroups.RUNTIME,
        List.of(annotations));
  }

  @Test
  void onlyAnnotationsOfThePatternsPass() {
    Map<String, String> requested = Map.of("dev.gvisor.a", "1", "dev.kata.b", "2", "c", "3");
    assertThat(handler("dev.gvisor.*", "c").allowed(requested))
        .isEqualTo(Map.of("dev.gvisor.a", "1", "c", "3"));
    assertThat(handler().allowed(requested)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "a,a,true",
    "a,ab,false",
    "ab,a,false",
    "*,anything,true",
    "a*,ab,true",
    "a*,ba,false",
    "*b,aab,true",
    "a*c,abbc,true",
    "a*c,ab,false",
    "a*b*c,a-b-b-c,true",
    "a.b,axb,false",
    "**,a,true",
    "a**,a,true"
  })
  void starStandsForAnyText(String pattern, String text, boolean matches) {
    assertThat(OciHandler.matches(pattern, text)).isEqualTo(matches);
  }

  @Test
  void patternsOfManyStarsTakeLittleTime() {
    assertThat(OciHandler.matches("a*".repeat(1000) + "b", "a".repeat(20_000))).isFalse();
  }

  @Test
  void optionsComeBeforeTheCommand() {
    assertThat(handler().command(List.of("run", "id")))
        .containsExactly("/x", "--debug", "run", "id");
  }
}
