package io.jukung.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliException;
import io.jukung.cli.text.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImagePlatformTest {
  private static final JsonNode ARM =
      Json.parse("{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v7\"}");

  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64",
    "Linux/x86_64/v1, linux/amd64",
    "linux/arm64/v8, linux/arm64",
    "linux/arm/v7, linux/arm/v7",
  })
  void platformsAreReadAsUsersWriteThem(String text, String platform) {
    assertThat(ImagePlatform.parse(text)).hasToString(platform);
  }

  @Test
  void linuxAloneIsTheNodes() {
    assertThat(ImagePlatform.parse("linux").isOwn()).isTrue();
    assertThat(ImagePlatform.parse("linux/s390x").isOwn()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "windows/amd64", "linux/", "linux/a/b/c", "amd64 "})
  void otherTextIsRefused(String text) {
    assertThatThrownBy(() -> ImagePlatform.parse(text))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("is no platform of Linux");
  }

  @Test
  void imageOfAnotherPlatformIsRefused() {
    assertThatCode(() -> ImagePlatform.parse("linux/arm").require("app", ARM))
        .doesNotThrowAnyException();
    assertThatCode(() -> ImagePlatform.parse("linux/arm/v7").require("app", ARM))
        .doesNotThrowAnyException();
    for (String other : new String[] {"linux/arm/v6", "linux/riscv64"}) {
      assertThatThrownBy(() -> ImagePlatform.parse(other).require("app", ARM))
          .hasMessageContaining("image app is for linux/arm and not for " + other);
    }
  }
}
