package io.jukung.image.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformParseTest {
  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64",
    "linux/x86_64, linux/amd64",
    "Linux/AMD64/v1, linux/amd64",
    "linux/amd64/v3, linux/amd64/v3",
    "arm64, linux/arm64",
    "linux/aarch64/v8, linux/arm64",
    "linux/arm, linux/arm/v7",
    "linux/arm/v6, linux/arm/v6",
    "linux/loong64, linux/loong64",
  })
  void platformsAreReadAsUsersWriteThem(String text, String platform) {
    assertThat(Platform.parse(text)).hasToString(platform);
  }

  @Test
  void linuxAloneIsThisMachine() {
    assertThat(Platform.parse("linux")).isEqualTo(Platform.current());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "windows/amd64", "toaster", "linux/", "linux/a b", "a/b/c/d", "/"})
  void whatIsNoPlatformOfLinuxIsRefused(String text) {
    assertThatThrownBy(() -> Platform.parse(text))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("is no platform of Linux");
  }
}
